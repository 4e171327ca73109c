package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How events are stored that Kafka could not take.
 *
 * @param storeFailures Whether events that Kafka could not take are stored in the database. When off, they are lost.
 * @param batchSize Rows per insert and commit at most.
 * @param migrate Whether the tables are created and upgraded at start-up. When off, they are only verified.
 */
@ConfigurationProperties("resilient-kafka.fallback")
public record FallbackProperties(
        @DefaultValue("true") boolean storeFailures,
        @DefaultValue("500") int batchSize,
        @DefaultValue("true") boolean migrate) {

    public FallbackProperties {
        if (batchSize < 1 || batchSize > 10_000) {
            throw new ConfigurationException(
                    "resilient-kafka.fallback.batch-size",
                    batchSize + " is not between 1 and 10000",
                    "Set resilient-kafka.fallback.batch-size to a value from 1 to 10000; the default is 500.");
        }
    }
}
