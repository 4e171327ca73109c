package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.EventAnswer.conflict;
import static io.github.resilientkafka.actuate.EventAnswer.notFound;
import static io.github.resilientkafka.actuate.EventAnswer.ok;

import io.github.resilientkafka.actuate.LastAnswer.Answer;
import io.github.resilientkafka.delivery.DeadLetterReplays;
import io.github.resilientkafka.delivery.EventExplainer;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.RetryStats;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.lang.Nullable;

/**
 * Looks at stored events and intervenes:
 * <pre>
 * GET    /actuator/kafkaevents                     figures
 * GET    /actuator/kafkaevents/rows                a page of rows; topic, status, olderThan, newerThan, key, eventId, before, limit
 * GET    /actuator/kafkaevents/rows/{id}           one row; payload=true adds the payload
 * POST   /actuator/kafkaevents/rows/{id}/retry     makes it due now, its attempts back at zero
 * DELETE /actuator/kafkaevents/rows/{id}           discards it
 * GET    /actuator/kafkaevents/explain/{eventId}   where an event is, and why; topic, since
 * GET    /actuator/kafkaevents/replays             this instance's replays of dead letters
 * POST   /actuator/kafkaevents/replays             starts one; topic, source, dryRun, rowsPerSecond, deadLetteredSince, deadLetteredBefore, key,
 *                                                  group, reason, error, limit, fromBeginning
 * GET    /actuator/kafkaevents/replays/{id}        how far it has come
 * DELETE /actuator/kafkaevents/replays/{id}        cancels it
 * </pre>
 * Anything wrong is answered with a problem document. Parameters are read here and not converted by Spring Boot, which
 * would not say what is wrong with them. {@code @Nullable} is Spring's: both Spring Boot generations know it as optional.
 * {@link KnownParametersAdvisor} refuses those that a writing operation does not have.
 */
@WebEndpoint(id = KafkaEventsEndpoint.ID)
class KafkaEventsEndpoint {

    static final String ID = "kafkaevents";

    private static final Duration STATS_WAIT = Duration.ofSeconds(2);

    private static final String ROWS = "rows";

    private static final String EXPLAIN = "explain";

    private static final String REPLAYS = "replays";

    private static final String SECTIONS = ROWS + ", " + EXPLAIN + ", " + REPLAYS;

    private final EventPublisher publisher;

    private final ObjectProvider<RetryFigures> figures;

    private final ObjectProvider<FailedEvents> events;

    private final ObjectProvider<FailedEventRetryService> retryService;

    private final ObjectProvider<DeadLetterReplays> replays;

    private final ObjectProvider<EventExplainer> explainer;

    private final Clock clock;

    KafkaEventsEndpoint(
            EventPublisher publisher,
            ObjectProvider<RetryFigures> figures,
            ObjectProvider<FailedEvents> events,
            ObjectProvider<FailedEventRetryService> retryService,
            ObjectProvider<DeadLetterReplays> replays,
            ObjectProvider<EventExplainer> explainer,
            Clock clock) {
        this.publisher = publisher;
        this.figures = figures;
        this.events = events;
        this.retryService = retryService;
        this.replays = replays;
        this.explainer = explainer;
        this.clock = clock;
    }

    @ReadOperation
    EventAnswers.Stats stats() {
        RetryFigures counts = this.figures.getIfAvailable();
        Answer<RetryStats> retry = (counts == null) ? new Answer<>(null, null) : counts.fresh(STATS_WAIT);
        Throwable error = retry.error();
        return new EventAnswers.Stats(
                EventAnswers.shown(this.publisher.getPublisherStats()),
                retry.value(),
                (error == null) ? null : ErrorText.of(error));
    }

    @ReadOperation
    WebEndpointResponse<Object> page(
            @Selector String section,
            @Nullable String topic,
            @Nullable String status,
            @Nullable String olderThan,
            @Nullable String newerThan,
            @Nullable String key,
            @Nullable String eventId,
            @Nullable String before,
            @Nullable String limit) {
        if (section.equals(REPLAYS)) {
            return replays(replays -> ok(ReplayAnswers.Jobs.of(replays.jobs())));
        }
        return rows(section, () -> {
            EventQuery query = new EventQuery.Parameters(
                            topic, status, olderThan, newerThan, key, eventId, before, limit)
                    .read(this.clock);
            return ok(
                    EventAnswers.Page.of(events().page(query.filter(), query.before(), query.limit()), query.limit()));
        });
    }

    @ReadOperation
    WebEndpointResponse<Object> one(
            @Selector String section,
            @Selector String id,
            @Nullable String payload,
            @Nullable String topic,
            @Nullable String since) {
        if (section.equals(EXPLAIN)) {
            return explain(id, topic, since);
        }
        if (section.equals(REPLAYS)) {
            return replays(replays -> ReplayAnswers.show(replays, id));
        }
        return rows(section, () -> {
            boolean withPayload = EventQuery.flag("payload", payload);
            return events().find(EventQuery.id(id))
                    .map(view -> ok(EventAnswers.Detail.of(view, withPayload)))
                    .orElseGet(() -> notFound("No event with id " + id));
        });
    }

    private WebEndpointResponse<Object> explain(String eventId, @Nullable String topic, @Nullable String since) {
        EventExplainer explainer = this.explainer.getIfAvailable();
        return (explainer == null)
                ? notFound("This application's publisher is not ours, and nothing is known of its events")
                : EventAnswer.of(() -> ok(ExplainAnswers.explain(explainer, eventId, topic, since, this.clock)));
    }

    @WriteOperation
    WebEndpointResponse<Object> start(
            @Selector String section,
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
        if (!section.equals(REPLAYS)) {
            return notFound("Nothing can be started under '" + ErrorText.of(section) + "'; there is: " + REPLAYS);
        }
        ReplayAnswers.Parameters parameters = new ReplayAnswers.Parameters(
                topic,
                source,
                dryRun,
                rowsPerSecond,
                deadLetteredSince,
                deadLetteredBefore,
                key,
                group,
                reason,
                error,
                limit,
                fromBeginning);
        return replays(replays -> ReplayAnswers.start(replays, parameters, this.clock));
    }

    @WriteOperation
    WebEndpointResponse<Object> act(@Selector String section, @Selector String id, @Selector String action) {
        return rows(section, () -> {
            long row = EventQuery.id(id);
            if (!action.equals("retry")) {
                return notFound("No action '" + ErrorText.of(action) + "'; there is: retry");
            }
            return this.retryService.getObject().retry(row) ? ok(new EventAnswers.Done(row, "retry")) : refused(row);
        });
    }

    @DeleteOperation
    WebEndpointResponse<Object> delete(@Selector String section, @Selector String id) {
        if (section.equals(REPLAYS)) {
            return replays(replays -> ReplayAnswers.cancel(replays, id));
        }
        return rows(section, () -> {
            long row = EventQuery.id(id);
            return this.retryService.getObject().discard(row)
                    ? ok(new EventAnswers.Done(row, "discard"))
                    : refused(row);
        });
    }

    private WebEndpointResponse<Object> rows(String section, Supplier<WebEndpointResponse<Object>> answer) {
        return section.equals(ROWS)
                ? stored(answer)
                : notFound("Nothing here called '" + ErrorText.of(section) + "'; there are: " + SECTIONS);
    }

    private WebEndpointResponse<Object> stored(Supplier<WebEndpointResponse<Object>> answer) {
        return (this.events.getIfAvailable() == null || this.retryService.getIfAvailable() == null)
                ? notFound("This application stores no events")
                : EventAnswer.of(answer);
    }

    private WebEndpointResponse<Object> replays(Function<DeadLetterReplays, WebEndpointResponse<Object>> answer) {
        DeadLetterReplays replays = this.replays.getIfAvailable();
        return (replays == null)
                ? notFound("This application's publisher is not ours, and replays nothing")
                : EventAnswer.of(() -> answer.apply(replays));
    }

    private FailedEvents events() {
        return this.events.getObject();
    }

    private WebEndpointResponse<Object> refused(long id) {
        Optional<FailedEventView> present = events().find(id);
        return present.map(view ->
                        conflict("Event " + id + " is " + view.status() + ": there is nothing to be done about it"))
                .orElseGet(() -> notFound("No event with id " + id));
    }
}
