# For operators: the brain, with a model of the content it is built with. Build it from the root:
# docker build -f deploy/images/brain.Dockerfile .  Other content: mount it over /content; it is trained at the start.
FROM python:3.11-slim-bookworm AS packages
COPY deploy/locks/uv.txt deploy/locks/brain.txt /
RUN python -m venv /uv && /uv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /uv.txt \
    && /uv/bin/uv venv /packages && /uv/bin/uv pip sync --no-cache --compile-bytecode --require-hashes --python /packages /brain.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /models --create-home jieli
ENV PATH=/packages/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /jieli
COPY --from=packages /packages /packages
COPY bot/__init__.py bot/conversation.py bot/wording.py bot/
COPY bot/brain bot/brain
COPY intents /content/intents
COPY stories /content/stories
USER 10001
RUN python -m bot.brain train --content /content --out /models
VOLUME /models
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5005/health', timeout=2)"]
# a content that was trained before is found by its hash
CMD ["sh", "-c", "model=$(python -m bot.brain train --content /content --out /models | tail -n 1) && exec python -m bot.brain serve --host 0.0.0.0 --port 5005 --model \"$model\""]
