#!/usr/bin/env bash
# FaceBlur from nothing: installs what is missing, builds, starts an engine of its own, deploys FaceBlur from its
# template, sends a video through it and puts the result into out/.
#
#   scripts/demo.sh [VIDEO]     (default: samples/faces.mp4; .mp4 or .mov)
#
# Exit status 0 only when the blurred video is there and whole. CUMULET_BUILD names a build folder to use as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

case "${1:-}" in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
video=${1:-samples/faces.mp4}
[ -f "$video" ] || die "there is no file $video"
case "${video,,}" in *.mp4 | *.mov) ;; *) die "$video is neither .mp4 nor .mov" ;; esac

build=${CUMULET_BUILD:-}
if [ -z "$build" ]; then
  say "install and build"
  scripts/setup.sh
  build=build/release
fi
build=$(cd "$build" && pwd)
export PATH="$build/bin:$PATH"

say "engine"
# shellcheck source=scripts/engine.sh
source scripts/engine.sh
engine_start cumulet
cat "$work/ready"
# Every client below goes to this engine, whatever the caller's environment says.
unset CUMULET_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
for name in $(compgen -e AWS_ENDPOINT_URL || true); do unset "$name"; done
eval "$(cumulet env --endpoint "$endpoint" 2>/dev/null)"

say "deploy"
template=apps/faceblur/template.yaml
if [ "$build" != "$PWD/build/release" ]; then  # the template's packages are the release build's
  mkdir "$work/template"
  cp apps/faceblur/state_machine.json "$work/template/"
  sed "s#\.\./\.\./build/release/#$build/#" "$template" > "$work/template/template.yaml"
  template=$work/template/template.yaml
fi
cumulet deploy "$template" --stack faceblur | tee "$work/deploy"
output() { awk -v name="$1" '$1 == name {print $2}' "$work/deploy"; }
input_bucket=$(output InputBucketName)
output_bucket=$(output OutputBucketName)
[ -n "$input_bucket$output_bucket" ] || die "the template has no bucket outputs"

say "video"
mkdir -p out
faceblur-watch "$video" "$input_bucket" "$output_bucket" --out out | tee "$work/watched"
result=$(sed -n 's/^result  *//p' "$work/watched")

# The result must be a video that decodes to its end, of the source's length.
[ -s "$result" ] || die "the result is not there"
seconds() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }
if command -v ffmpeg > /dev/null && command -v ffprobe > /dev/null; then
  errors=$(ffmpeg -v error -xerror -i "$result" -f null - 2>&1) || die "the result does not decode: $errors"
  awk -v a="$(seconds "$video")" -v b="$(seconds "$result")" 'BEGIN { exit !(a - b < 0.2 && b - a < 0.2) }' ||
    die "the result lasts $(seconds "$result") s, the source $(seconds "$video") s"
  printf 'checked    it decodes to its end and lasts %s s\n' "$(seconds "$result")"
else
  printf 'checked    it is there; ffmpeg, which would check the frames, is not\n'
fi
