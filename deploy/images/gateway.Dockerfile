# For operators: channels, agents' desk and screens. Build it from the root: docker build -f deploy/images/gateway.Dockerfile .
FROM node:24-bookworm-slim AS screens
WORKDIR /jieli
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --omit=dev
COPY bot/chat bot/chat
COPY handoff/console handoff/console
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY deploy/locks/gateway.txt /
RUN python -m venv /packages \
    && /packages/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r /gateway.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --create-home jieli
ENV PATH=/packages/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    JIELI_HOST=0.0.0.0 JIELI_DATA=/data JIELI_CONTENT=/content JIELI_LOG_FORMAT=json
WORKDIR /jieli
COPY --from=packages /packages /packages
COPY bot bot
COPY handoff handoff
COPY deploy/migrations deploy/migrations
COPY stories/notices.yml /content/stories/
COPY --from=screens /jieli/build build
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
