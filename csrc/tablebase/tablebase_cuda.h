// CUDA drivers of the tablebase. Nothing waits for the device; the stream is an address.
#pragma once

#include "tablebase/kernels.h"

namespace forge::cuda {

void reach_states(const DeviceWork& work, const int8_t* deal, int decl, void* stream);
// out.values null: states alone.
void emit_states(const DeviceWork& work, const StateRows& out, void* stream);
void backward_induction(const DeviceWork& work, const int8_t* deal, int decl, const int64_t* states,
                        int64_t n, int8_t* values, int8_t* q, void* stream);
void expand_states(DealContext* context, const int8_t* deal, int decl, const int64_t* states,
                   int64_t n, int64_t* children, void* stream);

}  // namespace forge::cuda
