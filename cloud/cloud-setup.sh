#!/usr/bin/env bash
# Make a machine ready: crystal-forge with all extras, and a look whether it works.
#
#   bash cloud/cloud-setup.sh         VENV: the virtual environment, none where `forge` is there already.
#                                     PACKAGE: what to install, by default this checkout.
#
# Where the machine has CUDA's compiler the kernels are compiled; without it, training still uses the GPU, solving does not.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
VENV=${VENV:-.venv}
PACKAGE=${PACKAGE:-$here/..}

if ! command -v forge >/dev/null; then
  step python3 -m venv "$VENV"
  step "$VENV/bin/pip" install -q "${PACKAGE}[all]"
  PATH=$PWD/$VENV/bin:$PATH
fi
step forge info
step forge train --fast-dev-run --no-wandb
