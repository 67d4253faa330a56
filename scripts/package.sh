#!/usr/bin/env bash
# Makes cumulet_VERSION_ARCHITECTURE.deb in build/release/packages-deb: the programs, FaceBlur's and PolyBot's packages and
# templates, completion, man pages, units of systemd, an AppArmor profile, and MediaPipe's face model where this machine has
# it, so that what installs the package finds faces without a network.
#
#   scripts/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release
model=${CUMULET_PACKAGED_MODEL:-${XDG_DATA_HOME:-$HOME/.local/share}/cumulet/models/face_detection_full_range.tflite}
if [ ! -f "$model" ]; then
  echo "no fallback face model at $model: the package will find no faces until one is fetched (scripts/setup.sh)" >&2
  model=
fi
cmake --preset release "-DCUMULET_FACE_MODEL_FILE=$model" >/dev/null
cmake --build --preset release --target product -- "-j${CUMULET_JOBS:-$(nproc)}"
mkdir -p "$build/packages-deb"
rm -f "$build"/packages-deb/*.deb
cpack --config "$build/CPackConfig.cmake" -B "$build/packages-deb"
ls -l "$build"/packages-deb/*.deb
