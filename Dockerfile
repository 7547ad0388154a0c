# syntax=docker/dockerfile:1
# The binary, the C library, and certificates. docs/deploy.md says how to run it.

ARG RUST=1.95

# Both stages are of one Debian, so that the C library is the same. A static binary with musl could go without, but answers half as many
# requests in the same time.
FROM rust:${RUST}-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin railsc \
 && cp target/release/railsc /railsc

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="railsc" \
      org.opencontainers.image.description="Guardrails for LLM applications" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /railsc /railsc
# The user has no folder to keep anything in.
ENV RAILSC_CACHE_DIR=""
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/railsc"]
CMD ["serve", "/rails", "--host", "0.0.0.0"]
