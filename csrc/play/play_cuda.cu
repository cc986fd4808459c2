#include "core/launch.cuh"
#include "play/kernels.h"
#include "play/play_cuda.h"

namespace forge::cuda {

void play(const PlayJob& job, void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(job.batch.n, PlaySlots{job});
}

void mark_legal_slots(const LegalJob& job, void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(job.batch.n, MarkLegalSlots{job});
}

}  // namespace forge::cuda
