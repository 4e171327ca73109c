package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What becomes of records whose handler fails.
 *
 * @param enabled Whether listeners are looked after at all.
 * @param pause How long a partition is paused after the first failure of a record; doubled with each further one.
 * @param maxPause Longest pause.
 * @param maxAttempts Attempts, the first delivery included, before a record is dead-lettered.
 * @param badData What becomes of records that are bad themselves.
 * @param strategy Where a record waits that is to be tried again.
 * @param retryTopic Topics in which records wait, with strategy retry-topic.
 * @param republish How records are moved, with strategies retry-topic and republish.
 * @param dependencies What handlers need; while one of them is known to be down, handlers are not called.
 * @param batch How batch listeners get their batches.
 * @param errors What errors mean, where the built-in table is to be extended or overruled.
 * @param instances Settings of single listeners, by their ids.
 */
@ConfigurationProperties("resilient-kafka.listener")
public record ListenerProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("5s") Duration pause,
        @DefaultValue("5m") Duration maxPause,
        @DefaultValue("5") int maxAttempts,
        @DefaultValue("dlq") BadData badData,
        @DefaultValue("pause") Strategy strategy,
        @DefaultValue RetryTopic retryTopic,
        @DefaultValue Republish republish,
        @DefaultValue List<String> dependencies,
        @DefaultValue Batch batch,
        @DefaultValue Errors errors,
        @DefaultValue Map<String, Instance> instances) {

    static final String PREFIX = "resilient-kafka.listener.";

    /**
     * What becomes of records that are bad themselves.
     */
    public enum BadData {

        /**
         * They go to the dead-letter topic.
         */
        DLQ,

        /**
         * They are skipped; a warning names topic, partition, offset and a hash of the key.
         */
        SKIP
    }

    /**
     * How batch listeners get their batches.
     *
     * @param collect Whether records of a partition are collected over several polls; otherwise a batch is what a poll
     * brought of a partition.
     * @param readBatchSize Records of a collected batch at most, and records read at once.
     * @param flushInterval How long a record is kept at most before its batch is handed over, though it is not full.
     * @param flushMaxRetries How often a failed batch is tried again before its records are tried one by one and the bad
     * ones dead-lettered; instead of max-attempts.
     */
    public record Batch(
            @DefaultValue("false") boolean collect,
            @DefaultValue("100") int readBatchSize,
            @DefaultValue("1s") Duration flushInterval,
            @DefaultValue("3") int flushMaxRetries) {

        public Batch {
            ListenerSettings.checkBatch(PREFIX + "batch.", readBatchSize, flushInterval, flushMaxRetries);
        }
    }

    /**
     * How one batch listener gets its batches; what is not set is as for all.
     *
     * @param collect Whether records of a partition are collected over several polls.
     * @param readBatchSize Records of a collected batch at most, and records read at once.
     * @param flushInterval How long a record is kept at most before its batch is handed over.
     * @param flushMaxRetries How often a failed batch is tried again before its records are tried one by one.
     */
    public record InstanceBatch(
            @Nullable Boolean collect,
            @Nullable Integer readBatchSize,
            @Nullable Duration flushInterval,
            @Nullable Integer flushMaxRetries) {

        Batch over(Batch all) {
            return new Batch(
                    (this.collect != null) ? this.collect : all.collect(),
                    (this.readBatchSize != null) ? this.readBatchSize : all.readBatchSize(),
                    (this.flushInterval != null) ? this.flushInterval : all.flushInterval(),
                    (this.flushMaxRetries != null) ? this.flushMaxRetries : all.flushMaxRetries());
        }
    }

    /**
     * Where a record waits that is to be tried again.
     */
    public enum Strategy {

        /**
         * In its place: its partition is paused, order is kept.
         */
        PAUSE,

        /**
         * In a topic of its own, which a container of its own reads. Later records overtake it.
         */
        RETRY_TOPIC,

        /**
         * At the end of its own partition. Later records overtake it.
         */
        REPUBLISH
    }

    /**
     * Topics in which records wait, with strategy retry-topic.
     *
     * @param suffix Appended to the name of a topic to name its retry topic; likewise to the group's and the listener's.
     * @param autoCreate Whether a missing retry topic is created, with as many partitions as its source.
     */
    public record RetryTopic(
            @DefaultValue(".retry") String suffix,
            @DefaultValue("true") boolean autoCreate) {

        private static final Pattern PART_OF_A_NAME = Pattern.compile("[a-zA-Z0-9._-]+");

        public RetryTopic {
            if (!PART_OF_A_NAME.matcher(suffix).matches()) {
                throw new ConfigurationException(
                        PREFIX + "retry-topic.suffix",
                        "'" + suffix + "' cannot be the end of a topic's name",
                        "Use letters, digits, '.', '_' and '-', at least one; the default is .retry.");
            }
        }
    }

    /**
     * How records are moved, with strategies retry-topic and republish.
     *
     * @param properties Client properties of the producer that moves them, beside those of the application's producer.
     */
    public record Republish(@DefaultValue Map<String, String> properties) {

        public Republish {
            properties = Map.copyOf(properties);
        }
    }

    /**
     * What errors mean, by class name; subclasses are included. Looked for along the whole chain of causes.
     *
     * @param badData Class names of errors that mean that the record is bad.
     * @param dependencyDown Class names of errors that mean that a dependency is down.
     * @param transientErrors Class names of errors that mean neither.
     */
    public record Errors(
            @DefaultValue List<String> badData,
            @DefaultValue List<String> dependencyDown,
            @DefaultValue List<String> transientErrors) {

        public Errors {
            badData = List.copyOf(badData);
            dependencyDown = List.copyOf(dependencyDown);
            transientErrors = List.copyOf(transientErrors);
        }

        Map<String, ErrorClass> table() {
            Map<String, ErrorClass> table = new HashMap<>();
            this.transientErrors.forEach(name -> table.put(name, ErrorClass.TRANSIENT));
            this.dependencyDown.forEach(name -> table.put(name, ErrorClass.DEPENDENCY_DOWN));
            this.badData.forEach(name -> table.put(name, ErrorClass.BAD_DATA));
            return table;
        }
    }

    /**
     * Settings of one listener; what is not set is as for all.
     *
     * @param pause How long a partition is paused after the first failure of a record.
     * @param maxPause Longest pause.
     * @param maxAttempts Attempts, the first delivery included, before a record is dead-lettered.
     * @param badData What becomes of records that are bad themselves.
     * @param strategy Where a record waits that is to be tried again.
     * @param dependencies What this listener's handler needs, instead of what all handlers need.
     * @param batch How this batch listener gets its batches.
     */
    public record Instance(
            @Nullable Duration pause,
            @Nullable Duration maxPause,
            @Nullable Integer maxAttempts,
            @Nullable BadData badData,
            @Nullable Strategy strategy,
            @Nullable List<String> dependencies,
            @Nullable InstanceBatch batch) {}

    public ListenerProperties {
        dependencies = List.copyOf(dependencies);
        instances = Map.copyOf(instances);
        ListenerSettings.check(PREFIX, pause, maxPause, maxAttempts);
        instances.forEach(ListenerProperties::check);
    }

    /**
     * Returns the property that says what a listener needs: its own, or the one for all.
     */
    String dependenciesProperty(String id) {
        Instance own = this.instances.get(id);
        return (own == null || own.dependencies() == null)
                ? PREFIX + "dependencies"
                : PREFIX + "instances." + id + ".dependencies";
    }

    private static void check(String id, Instance instance) {
        ListenerSettings.check(
                PREFIX + "instances." + id + ".", instance.pause(), instance.maxPause(), instance.maxAttempts());
    }
}
