#!/usr/bin/env bash
# From nothing to a trained network on a rented machine: set up, then train, both as often as it takes.
#
#   bash cloud/cloud-run.sh [cloud-train-v2.sh]     any of the trainings of this folder; cloud-train.sh by default
#
# Started again after a stop it goes on where it was.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
training=${1:-cloud-train.sh}
case $training in
  cloud-train*.sh) [ -f "$here/$training" ] ;;
  *) false ;;
esac || die "a training must be one of $(cd "$here" && echo cloud-train*.sh), got $training"

export VENV=${VENV:-.venv}
bash "$here/cloud-setup.sh"
find_forge
bash "$here/$training"
