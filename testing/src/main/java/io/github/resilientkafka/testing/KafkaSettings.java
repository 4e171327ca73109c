package io.github.resilientkafka.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster is to be like; see {@link LocalKafka.Builder}.
 *
 * @param users passwords by user; empty for a cluster without login
 * @param dataDirectory where data stays, or {@code null} for a temporary directory
 */
record KafkaSettings(
        int brokers,
        Map<String, String> properties,
        Map<String, String> users,
        @Nullable Path dataDirectory,
        String heap,
        List<String> jvmOptions) {}
