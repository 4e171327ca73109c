package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.EventAnswer.conflict;
import static io.github.resilientkafka.actuate.EventAnswer.notFound;
import static io.github.resilientkafka.actuate.EventAnswer.ok;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.delivery.ReplayJob;
import io.github.resilientkafka.delivery.ReplayOptions;
import io.github.resilientkafka.delivery.ReplayProgress;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * How the {@code kafkaevents} endpoint starts, shows and cancels replays.
 */
final class ReplayAnswers {

    private ReplayAnswers() {}

    static WebEndpointResponse<Object> start(FailedEventRetryService service, Parameters parameters, Clock clock) {
        String topic = EventQuery.requireTopic("topic", parameters.topic());
        ReplayOptions options = parameters.read(clock);
        try {
            return ok(Job.of(service.replayDeadLetters(topic, options)));
        } catch (IllegalArgumentException ex) {
            throw new BadRequestException(
                    "topic", topic, "a topic of events: name the one that they were meant for, not its dead letters'");
        } catch (IllegalStateException ex) {
            return conflict(ErrorText.of(String.valueOf(ex.getMessage())));
        }
    }

    static WebEndpointResponse<Object> show(FailedEventRetryService service, String id) {
        return find(service, id)
                .map(job -> ok(Job.of(job)))
                .orElseGet(() -> notFound("No replay with id " + ErrorText.of(id) + " in this instance"));
    }

    static WebEndpointResponse<Object> cancel(FailedEventRetryService service, String id) {
        Optional<ReplayJob> job = find(service, id);
        if (job.isEmpty()) {
            return notFound("No replay with id " + ErrorText.of(id) + " in this instance");
        }
        return job.get().cancel()
                ? ok(Job.of(job.get()))
                : conflict("Replay " + id + " is " + job.get().progress().state() + ": there is nothing to cancel");
    }

    private static Optional<ReplayJob> find(FailedEventRetryService service, String id) {
        return service.replayJob(EventQuery.uuid("id", id));
    }

    /**
     * What a replay is started with, as it came.
     *
     * @param topic the topic the events were meant for
     * @param dryRun whether to count only
     * @param rowsPerSecond how many per second at most
     * @param deadLetteredSince an instant, or a duration until now
     * @param deadLetteredBefore an instant, or a duration until now
     * @param key exact key, as text
     * @param limit how many at most
     */
    record Parameters(
            @Nullable String topic,
            @Nullable String dryRun,
            @Nullable String rowsPerSecond,
            @Nullable String deadLetteredSince,
            @Nullable String deadLetteredBefore,
            @Nullable String key,
            @Nullable String limit) {

        ReplayOptions read(Clock clock) {
            ReplayOptions options = ReplayOptions.defaults();
            Instant since = EventQuery.since("deadLetteredSince", this.deadLetteredSince, clock);
            Instant before = EventQuery.since("deadLetteredBefore", this.deadLetteredBefore, clock);
            if (since != null && before != null && !since.isBefore(before)) {
                throw new BadRequestException(
                        "deadLetteredSince", String.valueOf(this.deadLetteredSince), "earlier than deadLetteredBefore");
            }
            return new ReplayOptions(
                    EventQuery.flag("dryRun", this.dryRun),
                    (int) number(
                            "rowsPerSecond",
                            this.rowsPerSecond,
                            ReplayOptions.MAX_ROWS_PER_SECOND,
                            options.rowsPerSecond()),
                    since,
                    before,
                    this.key,
                    number("limit", this.limit, Long.MAX_VALUE, options.limit()));
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
     * @param dryRun whether it only counts
     * @param state RUNNING, DONE, CANCELLED or FAILED
     * @param found dead letters that match
     * @param replayed how many of them were given back to the relay
     * @param left how many were not
     * @param rowsPerSecond how many per second, so far on average
     * @param rowsPerSecondAtMost how many per second were asked for
     * @param startedAt when it started
     * @param endedAt when it ended, or null
     * @param error why it failed, or null
     * @param examples the first few that were found
     */
    record Job(
            UUID id,
            String topic,
            boolean dryRun,
            String state,
            long found,
            long replayed,
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
                    job.options().dryRun(),
                    progress.state().name(),
                    progress.found(),
                    progress.replayed(),
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
     * @param id the row's id
     * @param eventId the event's id
     * @param key the key as text, or null
     * @param deadLetteredAt when it was dead-lettered
     * @param error why
     */
    record Example(
            long id,
            UUID eventId,
            @Nullable String key,
            @Nullable Instant deadLetteredAt,
            String error) {

        static Example of(ReplayProgress.Example example) {
            return new Example(
                    example.id(),
                    example.eventId(),
                    example.key(),
                    example.deadLetteredAt(),
                    ErrorText.of(example.error()));
        }
    }
}
