# wepsam serve in a container: docker build -t wepsam . && docker compose up
# It runs as a user without rights, and needs no writable file system (see compose.yaml).
FROM python:3.13-slim AS build
COPY . /src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /src

FROM python:3.13-slim
COPY --from=build /wheels /wheels
COPY constraints.txt /wheels/
RUN pip install --no-cache-dir --constraint /wheels/constraints.txt "$(ls /wheels/wepsam-*.whl)[app,video]" \
    && rm -r /wheels \
    && useradd --no-create-home --uid 10001 wepsam
USER 10001
WORKDIR /pictures
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["wepsam"]
CMD ["serve", "--host", "0.0.0.0", "--token-file", "/run/secrets/wepsam_token"]
