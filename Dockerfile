# The emulator in a container: one static binary, and nothing else.
#
#   docker build --tag line-channel-token .
#   docker run --rm --publish 127.0.0.1:8787:8787 --env LINE_EMULATOR_SECRET_1234567890=0123456789abcdef0123456789abcdef line-channel-token
FROM rust:1.95-alpine AS build
# aws-lc is C, and its versions are those of the lock file; the compiler's is Alpine's.
# hadolint ignore=DL3018
RUN apk add --no-cache gcc make musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package line-channel-token-cli \
    && strip target/release/line-channel-token

FROM scratch
COPY --from=build /source/target/release/line-channel-token /line-channel-token
USER 65534:65534
# A container's loopback is its own, so it listens on all of its addresses. The control API and the page then need
# LINE_EMULATOR_CONTROL_TOKEN. Another port is given by LINE_EMULATOR_PORT, so that the health check finds it too.
ENV LINE_EMULATOR_HOST=0.0.0.0 \
    LINE_EMULATOR_ALLOW_BEYOND_LOOPBACK=true
EXPOSE 8787
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/line-channel-token", "emulator", "--health"]
ENTRYPOINT ["/line-channel-token"]
CMD ["emulator"]
