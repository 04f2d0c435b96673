#!/usr/bin/env bash
# The steps of the Dockerfile without Docker: a wheel, a bare environment, a user without rights, folders that nobody can
# write to. Needs root, to become that user: sudo bash recipes/container_check.sh. PYTHON: one that every user can read.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
WORK=$(mktemp -d)
trap 'kill "${SERVER:-0}" 2> /dev/null || true; chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
chmod 755 "$WORK"

PYTHON=${PYTHON:-python3}
"$PYTHON" -m venv "$WORK/env"
"$WORK/env/bin/pip" wheel --quiet --no-deps --wheel-dir "$WORK/wheels" "$ROOT"
"$WORK/env/bin/pip" install --quiet --constraint "$ROOT/constraints.txt" "$(ls "$WORK"/wheels/wepsam-*.whl)[app,video]"
echo "the environment has $(du -sm "$WORK/env" | cut -f 1) MB"
echo secret > "$WORK/token.txt"
mkdir "$WORK/pictures"
chmod -R a+rX,a-w "$WORK/env" "$WORK/pictures" "$WORK/token.txt"

cd "$WORK/pictures"
setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin HOME=/nonexistent PYTHONDONTWRITEBYTECODE=1 \
    "$WORK/env/bin/wepsam" serve --host 0.0.0.0 --port 8931 --token-file "$WORK/token.txt" 2> "$WORK/log" &
SERVER=$!
for _ in $(seq 60); do
    curl --silent --fail http://127.0.0.1:8931/healthz > /dev/null && break
    sleep 0.5
    kill -0 "$SERVER" || { cat "$WORK/log"; exit 1; }
done
"$WORK/env/bin/python" -c "
from PIL import Image
Image.effect_noise((320, 240), 80).save('/dev/stdout', 'PNG')" > "$WORK/picture.png"
"$WORK/env/bin/python" -c "
import av, numpy
with av.open('$WORK/clip.mp4', 'w') as out:
    stream = out.add_stream('libx264', rate=10, width=64, height=48, pix_fmt='yuv420p')
    for level in range(10):
        out.mux(stream.encode(av.VideoFrame.from_ndarray(numpy.full((48, 64, 3), 20 * level, numpy.uint8), 'rgb24')))
    out.mux(stream.encode(None))"
ask() { curl --silent --output "$1" --write-out '%{http_code}\n' "${@:2}"; }
[ "$(ask /dev/null -F "picture=@$WORK/picture.png" http://127.0.0.1:8931/v1/predict)" = 401 ]
TOKEN='Authorization: Bearer secret'
[ "$(ask "$WORK/map.png" -H "$TOKEN" -F "picture=@$WORK/picture.png" http://127.0.0.1:8931/v1/predict)" = 200 ]
[ "$(ask "$WORK/report.html" -H "$TOKEN" -F "picture=@$WORK/picture.png" http://127.0.0.1:8931/v1/report)" = 200 ]
[ "$(ask "$WORK/overlay.mp4" -H "$TOKEN" -F "clip=@$WORK/clip.mp4" 'http://127.0.0.1:8931/v1/clip?format=overlay')" = 200 ]
[ "$(head -c 8 "$WORK/overlay.mp4" | tail -c 4)" = ftyp ]
file=$(head -c 8 "$WORK/map.png" | tail -c 7 | head -c 3)
[ "$file" = PNG ]
kill -TERM "$SERVER"
wait "$SERVER"
[ -z "$(find "$WORK/env" "$WORK/pictures" -newer "$WORK/token.txt" -type f -user 65534)" ]
echo "the service runs without rights and writes nothing; its log:"
cat "$WORK/log"
