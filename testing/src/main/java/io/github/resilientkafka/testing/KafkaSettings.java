package io.github.resilientkafka.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster is to be like; see {@link LocalKafka.Builder}.
 *
 * @param users passwords by user; empty for a cluster without login
 * @param entrances listeners for clients that come another way
 * @param dataDirectory where data stays, or {@code null} for a temporary directory
 */
record KafkaSettings(
        int brokers,
        Map<String, String> properties,
        Map<String, String> users,
        List<Entrance> entrances,
        @Nullable Path dataDirectory,
        String heap,
        List<String> jvmOptions) {

    /**
     * A listener beside the one that everybody uses.
     *
     * @param port where it listens
     * @param advertised the address that its clients are told
     */
    record Entrance(String name, int port, String advertised) {}
}
