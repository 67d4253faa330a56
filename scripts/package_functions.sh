#!/usr/bin/env bash
# Makes the function packages of FaceBlur and PolyBot: BUILD_FOLDER/packages/NAME.zip from BUILD_FOLDER/bin/NAME.
#
#   scripts/package_functions.sh [BUILD_FOLDER [NAME...]]     (default: build/release, FaceBlur's four)
#
# The small functions' packages hold everything they need: `bootstrap` (a static program) runs `function` by the loader
# and the libraries in lib/, so that they work on AWS (provided.al2023, an older C library) and in an empty root.
# (polybot-worker's too; yt-dlp, Python and ffmpeg, which it starts, are the machine's or the image's.)
# blur-faces needs the many libraries of FFmpeg: its package is the program alone, for machines that have them, with the face
# model of this machine (CUMULET_FACE_MODEL, or what set-up fetched) as `face-model`: it looks at covered frames again.
# The same programs give the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd)
out=$build/packages
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/stripped"

libraries_of() {  # the files that the loader would take, one a line
  local missing
  if missing=$(ldd "$1" | grep 'not found'); then
    echo "$1: $missing" >&2
    return 1
  fi
  ldd "$1" | awk '$2 == "=>" {print $3}'
}

loader_of() { ldd "$1" | awk '$1 ~ /^\/.*ld-linux/ {print $1}'; }

zip_folder() {  # zip_folder FOLDER FILE
  rm -f "$2.new"
  (cd "$1" && cmake -E tar cf "$2.new" --format=zip --mtime="1980-01-02 00:00:00" -- *)
  if [ -f "$2" ] && cmp -s "$2.new" "$2"; then rm "$2.new"; touch "$2"; else mv "$2.new" "$2"; fi
  printf '%s: %s KB\n' "${2#"$root"/}" "$(($(stat -c %s "$2") / 1024))"
}

face_model() {  # its file; nothing where there is none
  local folder="${XDG_DATA_HOME:-$HOME/.local/share}/cumulet/models" file
  for file in "${CUMULET_FACE_MODEL:-}" "$folder/face_detection_yunet_2023mar.onnx" "$folder/face_detection_full_range.tflite"; do
    if [ -n "$file" ] && [ -f "$file" ]; then echo "$file"; return; fi
  done
}

package_alone() {  # bootstrap is the function's program
  local name=$1 folder=$work/$1 model
  mkdir -p "$folder"
  strip -o "$folder/bootstrap" "$build/bin/$name"
  chmod 755 "$folder/bootstrap"
  model=$(face_model)
  if [ -n "$model" ]; then install -m 644 "$model" "$folder/face-model"; fi
  zip_folder "$folder" "$out/$name.zip"
}

package_whole() {
  local name=$1 folder=$work/$1 library stripped
  mkdir -p "$folder/lib"
  strip -o "$folder/bootstrap" "$build/bin/function-launcher"
  strip -o "$folder/function" "$build/bin/$name"
  while read -r library; do  # the packages share most of them: each is stripped once
    stripped=$work/stripped/$(basename "$library")
    [ -f "$stripped" ] || strip -o "$stripped" "$(readlink -f "$library")"
    cp "$stripped" "$folder/lib/"
  done < <(libraries_of "$build/bin/$name")
  cp "$(readlink -f "$(loader_of "$build/bin/$name")")" "$folder/lib/ld.so"
  chmod 755 "$folder"/bootstrap "$folder"/function "$folder"/lib/*
  zip_folder "$folder" "$out/$name.zip"
}

[ $# -gt 0 ] && shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  names=(face-detection check-rekognition-job-status get-rekognized-faces)
  if [ -x "$build/bin/blur-faces" ]; then names+=(blur-faces); fi
fi
for name in "${names[@]}"; do
  case $name in
    blur-faces) package_alone "$name" ;;
    *) package_whole "$name" ;;
  esac
done
