#!/usr/bin/env bash
# Builds blur-faces and polybot-worker as container images without a base image and without a network, and pushes them to
# a running engine (cumulet up): each is a root made of this machine's Debian packages, which holds the program, the
# libraries that the loader would take, and what else the function starts.
#
#   scripts/build_images.sh [NAME...]      (default: blur-faces)
#
# Prints each image's URI. Needs podman or buildah, as `cumulet ecr build` does. BUILD: the build folder.
# On AWS: docker build with the Dockerfile beside each program.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${BUILD:-$root/build/release}" && pwd)
cumulet=$build/bin/cumulet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bring() {  # bring FILE FOLDER: a file to its own place in the root
  mkdir -p "$2/$(dirname "$1")"
  cp -L "$1" "$2/$1"
}

merged() {  # the machine's places of libraries are links into /usr
  local place
  mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" "$1/var/task" "$1/etc"
  for place in bin sbin lib lib64; do ln -s "usr/$place" "$1/$place"; done
}

libraries() {  # libraries FOLDER PROGRAM...: what the loader would take, the loader too
  local folder=$1 file missing
  shift
  if missing=$(ldd "$@" | grep 'not found'); then echo "$missing" >&2; return 1; fi
  ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\/.*ld-linux/ {print $1}' | sort -u | while read -r file; do
    bring "$file" "$folder"
  done
}

certificates() {
  if [ -f /etc/ssl/certs/ca-certificates.crt ]; then bring /etc/ssl/certs/ca-certificates.crt "$1"; fi
}

face_model() {
  local folder="${XDG_DATA_HOME:-$HOME/.local/share}/cumulet/models" file
  for file in "${CUMULET_FACE_MODEL:-}" "$folder/face_detection_yunet_2023mar.onnx" "$folder/face_detection_full_range.tflite"; do
    if [ -n "$file" ] && [ -f "$file" ]; then install -m 644 "$file" "$1/var/task/face-model"; return; fi
  done
}

blur_faces() {
  face_model "$1"
}

polybot_worker() {  # it starts yt-dlp, a program in Python, which starts ffmpeg
  local program module
  for program in python3 ffmpeg ffprobe; do
    bring "$(readlink -f "$(command -v "$program")")" "$1"
    [ -e "$1/usr/bin/$program" ] || ln -s "$(basename "$(readlink -f "$(command -v "$program")")")" "$1/usr/bin/$program"
    libraries "$1" "$(command -v "$program")"
  done
  bring "$(command -v yt-dlp)" "$1"
  python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))' | while read -r module; do
    mkdir -p "$1$module" && cp -a "$module/." "$1$module/"
  done
  mkdir -p "$1/usr/lib/python3" && cp -aL /usr/lib/python3/dist-packages "$1/usr/lib/python3/"
  find "$1/usr/lib/python3"* -name '*.so' -print0 | xargs -0 -r ldd 2>/dev/null |
    awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u | while read -r module; do [ -e "$1/$module" ] || bring "$module" "$1"; done
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(blur-faces)
for name in "${names[@]}"; do
  case $name in blur-faces | polybot-worker) ;; *) echo "there is no image of $name" >&2; exit 2 ;; esac
  folder=$work/$name
  merged "$folder/root"
  mkdir -p "$folder/root/usr/local/bin"
  strip -o "$folder/root/usr/local/bin/$name" "$build/bin/$name"
  libraries "$folder/root" "$build/bin/$name"
  certificates "$folder/root"
  "${name//-/_}" "$folder/root"
  printf 'FROM scratch\nCOPY root /\nENTRYPOINT ["/usr/local/bin/%s"]\n' "$name" > "$folder/Dockerfile"
  "$cumulet" aws ecr describe-repositories --repository-names "$name" >/dev/null 2>&1 ||
    "$cumulet" aws ecr create-repository --repository-name "$name" >/dev/null
  "$cumulet" ecr build "$folder" --repository "$name" >&2
  "$cumulet" aws ecr describe-repositories --repository-names "$name" --query 'repositories[0].repositoryUri' --output text | sed 's/$/:latest/'
done
