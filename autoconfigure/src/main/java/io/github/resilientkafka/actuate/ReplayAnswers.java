package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.EventAnswer.conflict;
import static io.github.resilientkafka.actuate.EventAnswer.notFound;
import static io.github.resilientkafka.actuate.EventAnswer.ok;

import io.github.resilientkafka.delivery.DeadLetterReplays;
import io.github.resilientkafka.delivery.ReplayFilter;
import io.github.resilientkafka.delivery.ReplayJob;
import io.github.resilientkafka.delivery.ReplayOptions;
import io.github.resilientkafka.delivery.ReplayProgress;
import io.github.resilientkafka.delivery.ReplaySource;
import io.github.resilientkafka.listener.ErrorClass;
import io.github.resilientkafka.message.FailureKind;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * How the {@code kafkaevents} endpoint starts, shows and cancels replays.
 */
final class ReplayAnswers {

    /**
     * What a dead letter can have as its reason: the listeners' kinds, then the publisher's. The others are waited for.
     */
    private static final List<String> REASONS = Stream.of(
                    ErrorClass.BAD_DATA, ErrorClass.TRANSIENT, FailureKind.RECORD, FailureKind.TOPIC)
            .map(Enum::name)
            .toList();

    private ReplayAnswers() {}

    static WebEndpointResponse<Object> start(DeadLetterReplays replays, Parameters parameters, Clock clock) {
        String topic = EventQuery.requireTopic("topic", parameters.topic());
        ReplayOptions options = parameters.read(clock);
        try {
            return ok(Job.of(replays.start(topic, options)));
        } catch (IllegalArgumentException ex) {
            throw new BadRequestException(
                    "topic", topic, "a topic of events: name the one that they were meant for, not its dead letters'");
        } catch (IllegalStateException ex) {
            return conflict(ErrorText.of(String.valueOf(ex.getMessage())));
        }
    }

    static WebEndpointResponse<Object> show(DeadLetterReplays replays, String id) {
        return find(replays, id)
                .map(job -> ok(Job.of(job)))
                .orElseGet(() -> notFound("No replay with id " + ErrorText.of(id) + " in this instance"));
    }

    static WebEndpointResponse<Object> cancel(DeadLetterReplays replays, String id) {
        Optional<ReplayJob> job = find(replays, id);
        if (job.isEmpty()) {
            return notFound("No replay with id " + ErrorText.of(id) + " in this instance");
        }
        return job.get().cancel()
                ? ok(Job.of(job.get()))
                : conflict("Replay " + id + " is " + job.get().progress().state() + ": there is nothing to cancel");
    }

    private static Optional<ReplayJob> find(DeadLetterReplays replays, String id) {
        return replays.job(EventQuery.uuid("id", id));
    }

    /**
     * What a replay is started with, as it came.
     *
     * @param topic the topic the events were meant for
     * @param source store, topic or parked
     * @param dryRun whether to count only
     * @param rowsPerSecond how many per second at most
     * @param deadLetteredSince an instant, or a duration until now
     * @param deadLetteredBefore an instant, or a duration until now
     * @param key exact key, as text
     * @param group exact consumer group
     * @param reason kind of failure, in any case
     * @param error part of the error, in any case
     * @param limit how many at most
     * @param fromBeginning whether to replay what was replayed already
     */
    record Parameters(
            @Nullable String topic,
            @Nullable String source,
            @Nullable String dryRun,
            @Nullable String rowsPerSecond,
            @Nullable String deadLetteredSince,
            @Nullable String deadLetteredBefore,
            @Nullable String key,
            @Nullable String group,
            @Nullable String reason,
            @Nullable String error,
            @Nullable String limit,
            @Nullable String fromBeginning) {

        Parameters {
            group = emptyToNull(group);
            reason = emptyToNull(reason);
            error = emptyToNull(error);
        }

        ReplayOptions read(Clock clock) {
            ReplayOptions options = ReplayOptions.defaults();
            Instant since = EventQuery.since("deadLetteredSince", this.deadLetteredSince, clock);
            Instant before = EventQuery.since("deadLetteredBefore", this.deadLetteredBefore, clock);
            if (since != null && before != null && !since.isBefore(before)) {
                throw new BadRequestException(
                        "deadLetteredSince", String.valueOf(this.deadLetteredSince), "earlier than deadLetteredBefore");
            }
            ReplaySource source = readSource();
            boolean fromBeginning = EventQuery.flag("fromBeginning", this.fromBeginning);
            if (source == ReplaySource.STORE) {
                refuseForStore("group", this.group);
                refuseForStore("reason", this.reason);
                refuseForStore("error", this.error);
                refuseForStore("fromBeginning", fromBeginning ? this.fromBeginning : null);
            }
            requireKnownReason();
            return new ReplayOptions(
                    source,
                    EventQuery.flag("dryRun", this.dryRun),
                    (int) number(
                            "rowsPerSecond",
                            this.rowsPerSecond,
                            ReplayOptions.MAX_ROWS_PER_SECOND,
                            options.rowsPerSecond()),
                    new ReplayFilter(since, before, this.key, this.group, this.reason, this.error),
                    number("limit", this.limit, Long.MAX_VALUE, options.limit()),
                    fromBeginning);
        }

        private ReplaySource readSource() {
            String source = emptyToNull(this.source);
            if (source == null) {
                return ReplaySource.STORE;
            }
            try {
                return ReplaySource.valueOf(source.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException ex) {
                throw new BadRequestException("source", source, "store, topic or parked");
            }
        }

        private void requireKnownReason() {
            if (this.reason != null && REASONS.stream().noneMatch(this.reason::equalsIgnoreCase)) {
                throw new BadRequestException("reason", this.reason, "one of " + REASONS);
            }
        }

        private static void refuseForStore(String name, @Nullable String value) {
            if (value != null) {
                throw new BadRequestException(name, value, "for stored events: name the source topic or parked");
            }
        }

        private static @Nullable String emptyToNull(@Nullable String value) {
            return (value == null || value.isEmpty()) ? null : value;
        }

        private static long number(String name, @Nullable String value, long max, long otherwise) {
            return (value == null || value.isEmpty()) ? otherwise : EventQuery.number(name, value, max);
        }
    }

    /**
     * The replays of this instance.
     *
     * @param jobs newest first
     */
    record Jobs(List<Job> jobs) implements OperationResponseBody {

        static Jobs of(List<ReplayJob> jobs) {
            return new Jobs(jobs.stream().map(Job::of).toList());
        }
    }

    /**
     * A replay.
     *
     * @param id its id
     * @param topic the topic the events were meant for, and go to
     * @param source store, topic or parked
     * @param dryRun whether it only counts
     * @param state RUNNING, WAITING, DONE, CANCELLED or FAILED
     * @param found dead letters that match
     * @param replayed how many of them were given back to the relay, or are durable
     * @param parked how many of them were parked
     * @param skipped how many records of the topic did not match
     * @param left how many were not replayed, or are still to be read
     * @param rowsPerSecond how many per second, so far on average
     * @param rowsPerSecondAtMost how many per second were asked for
     * @param startedAt when it started
     * @param endedAt when it ended, or null
     * @param error why it waits or failed, or null
     * @param examples the first few that were found
     */
    record Job(
            UUID id,
            String topic,
            String source,
            boolean dryRun,
            String state,
            long found,
            long replayed,
            long parked,
            long skipped,
            long left,
            long rowsPerSecond,
            int rowsPerSecondAtMost,
            Instant startedAt,
            @Nullable Instant endedAt,
            @Nullable String error,
            List<Example> examples)
            implements OperationResponseBody {

        static Job of(ReplayJob job) {
            ReplayProgress progress = job.progress();
            return new Job(
                    job.id(),
                    job.topic(),
                    job.options().source().name().toLowerCase(Locale.ROOT),
                    job.options().dryRun(),
                    progress.state().name(),
                    progress.found(),
                    progress.replayed(),
                    progress.parked(),
                    progress.skipped(),
                    progress.left(),
                    Math.round(progress.rowsPerSecond()),
                    job.options().rowsPerSecond(),
                    progress.startedAt(),
                    progress.endedAt(),
                    ErrorText.ofNullable(progress.error()),
                    progress.examples().stream().map(Example::of).toList());
        }
    }

    /**
     * A dead letter that was found.
     *
     * @param id the row's id, or null if it is a record
     * @param partition the record's partition, or null if it is a row
     * @param offset the record's offset, or null if it is a row
     * @param eventId the event's id, or null if it is not known
     * @param key the key as text, or null
     * @param deadLetteredAt when it was dead-lettered
     * @param group the consumer group that could not handle it, or null
     * @param reason the kind of failure, or null
     * @param error why
     */
    record Example(
            @Nullable Long id,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable UUID eventId,
            @Nullable String key,
            @Nullable Instant deadLetteredAt,
            @Nullable String group,
            @Nullable String reason,
            @Nullable String error) {

        static Example of(ReplayProgress.Example example) {
            return new Example(
                    example.id(),
                    example.partition(),
                    example.offset(),
                    example.eventId(),
                    example.key(),
                    example.deadLetteredAt(),
                    example.group(),
                    example.reason(),
                    ErrorText.ofNullable(example.error()));
        }
    }
}
