package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.scheduling.support.CronExpression;

/**
 * How dead letters go from their dead-letter topic back to their topic.
 *
 * @param cron When dead-letter topics are replayed, as Spring's cron expression of six fields in the time zone of the JVM;
 * unset, and "-", mean never.
 * @param topics Topics whose dead letters are replayed by cron; those that listeners of this application read, if none
 * are named.
 * @param maxFailures How often a record is replayed; when it is dead-lettered once more, it is parked.
 * @param group Begins the names of the consumer groups that keep the progress of replays. Applications that share
 * dead-letter topics share it, so that a record is replayed by one of them.
 */
@ConfigurationProperties("resilient-kafka.dlq.replay")
record DlqReplayProperties(
        @Nullable String cron,
        @DefaultValue List<String> topics,
        @DefaultValue("3") int maxFailures,
        @DefaultValue("resilient-kafka-replay") String group) {

    private static final String NEVER = "-";

    DlqReplayProperties {
        topics = List.copyOf(topics);
        if (maxFailures < 1) {
            throw new ConfigurationException(
                    "resilient-kafka.dlq.replay.max-failures",
                    "it is " + maxFailures + ", so nothing could be replayed",
                    "Set it to 1 or more (the default is 3).");
        }
        if (group.isBlank()) {
            throw new ConfigurationException(
                    "resilient-kafka.dlq.replay.group",
                    "it is empty, and progress is kept under that name",
                    "Set it to a name, or leave it out (the default is resilient-kafka-replay).");
        }
        if (isSet(cron) && !CronExpression.isValidExpression(cron)) {
            throw new ConfigurationException(
                    "resilient-kafka.dlq.replay.cron",
                    "'" + cron + "' is not a cron expression of six fields",
                    "Set it to second, minute, hour, day of month, month, day of week, for example '0 0 * * * *'"
                            + " for every full hour, or leave it out.");
        }
    }

    private static boolean isSet(@Nullable String cron) {
        return cron != null && !cron.isBlank() && !cron.equals(NEVER);
    }

    /**
     * Returns when topics are replayed.
     * @return the schedule, or null for never
     */
    @Nullable
    CronExpression schedule() {
        return (this.cron != null && isSet(this.cron)) ? CronExpression.parse(this.cron) : null;
    }
}
