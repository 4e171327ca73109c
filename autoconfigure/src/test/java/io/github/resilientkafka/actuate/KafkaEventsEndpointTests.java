package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.actuate.EventAnswers.Detail;
import io.github.resilientkafka.actuate.EventAnswers.Done;
import io.github.resilientkafka.actuate.EventAnswers.HeaderValue;
import io.github.resilientkafka.actuate.EventAnswers.Page;
import io.github.resilientkafka.actuate.EventAnswers.Problem;
import io.github.resilientkafka.actuate.EventAnswers.Row;
import io.github.resilientkafka.actuate.ExplainAnswers.Explanation;
import io.github.resilientkafka.actuate.ExplainAnswers.Search;
import io.github.resilientkafka.actuate.ExplainAnswers.UnderWay;
import io.github.resilientkafka.actuate.ReplayAnswers.Job;
import io.github.resilientkafka.actuate.ReplayAnswers.Jobs;
import io.github.resilientkafka.delivery.EventExplainer;
import io.github.resilientkafka.delivery.EventExplanation;
import io.github.resilientkafka.delivery.EventExplanation.State;
import io.github.resilientkafka.delivery.ReplayFilter;
import io.github.resilientkafka.delivery.ReplaySource;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.FailedEvents.Filter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.dao.QueryTimeoutException;

/**
 * The endpoint kafkaevents (rows W6, W7).
 */
class KafkaEventsEndpointTests {

    private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

    private static final Filter ANY = new Filter(null, null, null, null, null, null);

    private final StubPublisher publisher = StubPublisher.healthy();

    private final StubRetryService service = StubRetryService.pending(5, Instant.EPOCH);

    private final FailedEvents events = mock(FailedEvents.class);

    private final EventExplainer explainer = mock(EventExplainer.class);

    private final RetryFigures figures = new RetryFigures(() -> this.service, Clock.systemUTC());

    private final KafkaEventsEndpoint endpoint = new KafkaEventsEndpoint(
            this.publisher,
            only(this.figures),
            only(this.events),
            only(this.service),
            only(this.service),
            only(this.explainer),
            Clock.fixed(NOW, ZoneOffset.UTC));

    @AfterEach
    void close() {
        this.figures.close();
    }

    @Test
    void whenFiguresAreAskedForThenTheyAreThoseOfNow() {
        assertThat(this.endpoint.stats().retry()).isEqualTo(this.service.stats);
        this.service.stats = StubRetryService.pending(6, Instant.EPOCH).stats;
        assertThat(this.endpoint.stats().retry().pending()).isEqualTo(6);
        assertThat(this.endpoint.stats().publisher()).isEqualTo(this.publisher.getPublisherStats());
        assertThat(this.endpoint.stats().retryError()).isNull();
    }

    @Test
    void whenTheDatabaseFailsThenThePublishersFiguresAreThereNevertheless() {
        this.service.failure = new QueryTimeoutException("too slow");
        assertThat(this.endpoint.stats().publisher()).isNotNull();
        assertThat(this.endpoint.stats().retry()).isNull();
        assertThat(this.endpoint.stats().retryError()).isEqualTo("QueryTimeoutException: too slow");
    }

    @Test
    void whenAPageIsFullThenItNamesTheNextOne() {
        given(this.events.page(ANY, 100L, 2)).willReturn(views(99, 98));
        Page page = body(page("rows", "100", "2"), 200, Page.class);
        assertThat(page.rows()).extracting(Row::id).containsExactly(99L, 98L);
        assertThat(page.nextBefore()).isEqualTo(98);
    }

    @Test
    void whenAPageIsNotFullThenItIsTheLast() {
        given(this.events.page(ANY, null, 50)).willReturn(views(3, 2, 1));
        assertThat(body(page("rows", null, null), 200, Page.class).nextBefore()).isNull();
        given(this.events.page(ANY, null, 50)).willReturn(List.of());
        assertThat(body(page("rows", null, null), 200, Page.class).rows()).isEmpty();
    }

    @Test
    void whenAParameterMakesNoSenseThenBadRequestSaysWhy() {
        Problem problem = body(page("rows", null, "1000"), 400, Problem.class);
        assertThat(problem.detail()).isEqualTo("limit '1000' is not a number from 1 to 500");
        assertThat(problem.status()).isEqualTo(400);
    }

    @Test
    void whenTheSectionIsUnknownThenNotFoundNamesTheOnesThereAre() {
        assertThat(body(page("lines", null, null), 404, Problem.class).detail()).contains("lines", "rows");
    }

    @Test
    void whenTheDatabaseDoesNotAnswerThenServiceUnavailable() {
        given(this.events.page(any(), any(), anyInt())).willThrow(new QueryTimeoutException("too slow"));
        assertThat(body(page("rows", null, null), 503, Problem.class).detail()).contains("too slow");
    }

    @Test
    void whenOneRowIsAskedForThenItsPayloadIsShownOnRequestOnly() {
        given(this.events.find(7)).willReturn(Optional.of(view(7, EventStatus.PENDING)));
        Detail detail = body(this.endpoint.one("rows", "7", null, null, null), 200, Detail.class);
        assertThat(detail.row().id()).isEqualTo(7);
        assertThat(detail.payload()).isNull();
        assertThat(detail.headers())
                .containsExactly(
                        new HeaderValue("ce_id", new ReadableBytes("text", "1")),
                        new HeaderValue("none", null),
                        new HeaderValue("photo", new ReadableBytes("base64", "/wE=")));
        detail = body(this.endpoint.one("rows", "7", "true", null, null), 200, Detail.class);
        assertThat(detail.payload()).isEqualTo(new ReadableBytes("text", "{}"));
    }

    @Test
    void whenARowIsNotThereThenNotFound() {
        given(this.events.find(7)).willReturn(Optional.empty());
        assertThat(body(this.endpoint.one("rows", "7", null, null, null), 404, Problem.class)
                        .detail())
                .isEqualTo("No event with id 7");
        assertThat(body(this.endpoint.one("rows", "seven", null, null, null), 400, Problem.class)
                        .detail())
                .contains("seven");
    }

    @Test
    void whenARowIsRetriedOrDiscardedThenTheServiceDoesIt() {
        assertThat(body(this.endpoint.act("rows", "7", "retry"), 200, Done.class))
                .isEqualTo(new Done(7, "retry"));
        assertThat(body(this.endpoint.delete("rows", "8"), 200, Done.class)).isEqualTo(new Done(8, "discard"));
        assertThat(this.service.done).containsExactly("retry 7", "discard 8");
    }

    @Test
    void whenTheActionIsUnknownThenNothingIsDone() {
        assertThat(body(this.endpoint.act("rows", "7", "explode"), 404, Problem.class)
                        .detail())
                .contains("explode", "retry");
        assertThat(this.service.done).isEmpty();
    }

    @Test
    void whenARowCannotBeRetriedThenConflictNamesItsStatus() {
        this.service.present = false;
        given(this.events.find(eq(7L))).willReturn(Optional.of(view(7, EventStatus.RESOLVED)));
        assertThat(body(this.endpoint.act("rows", "7", "retry"), 409, Problem.class)
                        .detail())
                .contains("RESOLVED");
        given(this.events.find(eq(7L))).willReturn(Optional.empty());
        assertThat(body(this.endpoint.delete("rows", "7"), 404, Problem.class).detail())
                .contains("7");
    }

    @Test
    void whenAnEventIsExplainedThenCredentialsAreMaskedAndNothingElseIsCut() {
        UUID id = UUID.randomUUID();
        String why = "It waits. ".repeat(100) + "password=secret";
        given(this.explainer.explain(id))
                .willReturn(new EventExplanation(
                        id,
                        State.IN_FLIGHT,
                        why,
                        new EventUnderWay(id, "orders", 7, EventUnderWay.State.IN_FLIGHT, Duration.ofSeconds(2), null),
                        List.of(view(7, EventStatus.PENDING)),
                        List.of(),
                        "token=abc"));
        Explanation explanation = body(explain(id.toString(), null, null), 200, Explanation.class);
        assertThat(explanation.state()).isEqualTo("IN_FLIGHT");
        assertThat(explanation.why()).hasSizeGreaterThan(1_000).endsWith("password=******");
        assertThat(explanation.underWay()).isEqualTo(new UnderWay("orders", 7, Duration.ofSeconds(2)));
        assertThat(explanation.rows()).extracting(Row::id).containsExactly(7L);
        assertThat(explanation.databaseError()).isEqualTo("token=******");
    }

    @Test
    void whenATopicIsNamedThenItIsSearchedFromTheTimeGiven() {
        UUID id = UUID.randomUUID();
        Instant since = Instant.parse("2026-03-01T12:00:00Z");
        RecordSearch.Position position = new RecordSearch.Position(3, 42, since);
        given(this.explainer.explain(id, "orders", since))
                .willReturn(new EventExplanation(
                        id,
                        State.SENT,
                        "It is there.",
                        null,
                        List.of(),
                        List.of(new RecordSearch.Result("orders", since, 9, true, position, null)),
                        null));
        Explanation explanation = body(explain(id.toString(), "orders", since.toString()), 200, Explanation.class);
        assertThat(explanation.searches()).containsExactly(new Search("orders", since, 9, true, 3, 42L, since, null));
    }

    @Test
    void whenAnExplanationIsAskedForWrongThenBadRequestNamesTheParameter() {
        String id = UUID.randomUUID().toString();
        given(this.explainer.explain(UUID.fromString(id), "orders", null)).willThrow(new IllegalArgumentException());
        assertThat(body(explain("7", null, null), 400, Problem.class).detail()).startsWith("eventId '7'");
        assertThat(body(explain(id, "a/b", null), 400, Problem.class).detail()).startsWith("topic 'a/b'");
        assertThat(body(explain(id, "orders", "soon"), 400, Problem.class).detail())
                .startsWith("since 'soon'");
        assertThat(body(explain(id, "orders", null), 400, Problem.class).detail())
                .startsWith("since ''")
                .contains("version 7");
        assertThat(body(explain(id, null, "2h"), 400, Problem.class).detail()).startsWith("topic ''");
    }

    @Test
    void whenAReplayIsStartedThenItsOptionsAreUnderstood() {
        Job job = body(start("orders", null, "true", "50", "2h", "2026-01-01T00:00:00Z", "k", "9"), 200, Job.class);
        assertThat(job.topic()).isEqualTo("orders");
        assertThat(this.service.replays).singleElement().satisfies(replay -> {
            assertThat(replay.options().dryRun()).isTrue();
            assertThat(replay.options().rowsPerSecond()).isEqualTo(50);
            assertThat(replay.options().filter().deadLetteredSince()).isEqualTo(NOW.minus(Duration.ofHours(2)));
            assertThat(replay.options().filter().deadLetteredBefore()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
            assertThat(replay.options().filter().key()).isEqualTo("k");
            assertThat(replay.options().limit()).isEqualTo(9);
        });
        assertThat(body(replay("orders", "", null), 200, Job.class).rowsPerSecondAtMost())
                .isEqualTo(1_000);
    }

    @Test
    void whenADeadLetterTopicIsReplayedThenItsOptionsAreUnderstood() {
        Job job = body(fromTopic("Topic", "billing", "bad_data", "no such", "true"), 200, Job.class);
        assertThat(job.source()).isEqualTo("topic");
        assertThat(this.service.replays).singleElement().satisfies(replay -> {
            assertThat(replay.options().source()).isEqualTo(ReplaySource.TOPIC);
            assertThat(replay.options().filter())
                    .isEqualTo(new ReplayFilter(null, null, null, "billing", "bad_data", "no such"));
            assertThat(replay.options().fromBeginning()).isTrue();
        });
        fromTopic("parked", "", "", "", "");
        assertThat(this.service.replays.get(1).options().source()).isEqualTo(ReplaySource.PARKED);
        assertThat(this.service.replays.get(1).options().filter()).isEqualTo(ReplayFilter.ALL);
        assertThat(body(fromTopic("table", null, null, null, null), 400, Problem.class)
                        .detail())
                .startsWith("source 'table' is not store, topic or parked");
        assertThat(body(fromTopic(null, "billing", null, null, null), 400, Problem.class)
                        .detail())
                .startsWith("group 'billing'");
        assertThat(body(fromTopic("store", null, null, null, "true"), 400, Problem.class)
                        .detail())
                .startsWith("fromBeginning 'true'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"BAD_DATA", "Transient", "record", "TOPIC"})
    void whenAReasonIsOneThatDeadLettersHaveThenItSelects(String reason) {
        assertThat(body(fromTopic("topic", null, reason, null, null), 200, Job.class)
                        .source())
                .isEqualTo("topic");
        assertThat(this.service.replays).singleElement().satisfies(replay -> assertThat(
                        replay.options().filter().reason())
                .isEqualTo(reason));
    }

    @ParameterizedTest
    @ValueSource(strings = {"BadDataException", "DEPENDENCY_DOWN", "OUTAGE"})
    void whenNoDeadLetterHasTheReasonThenBadRequestNamesThoseThereAre(String reason) {
        assertThat(body(fromTopic("topic", null, reason, null, null), 400, Problem.class)
                        .detail())
                .isEqualTo("reason '" + reason + "' is not one of [BAD_DATA, TRANSIENT, RECORD, TOPIC]");
        assertThat(this.service.replays).isEmpty();
    }

    private WebEndpointResponse<Object> fromTopic(
            String source, String group, String reason, String error, String fromBeginning) {
        return this.endpoint.start(
                "replays", "orders", source, null, null, null, null, null, group, reason, error, null, fromBeginning);
    }

    @Test
    void whenAReplayIsAskedForWrongThenBadRequestNamesTheParameter() {
        assertThat(body(replay(null, null, null), 400, Problem.class).detail()).startsWith("topic ''");
        assertThat(body(replay("a b", null, null), 400, Problem.class).detail()).startsWith("topic 'a b'");
        assertThat(body(replay("orders", "0", null), 400, Problem.class).detail())
                .startsWith("rowsPerSecond '0' is not a number from 1 to 100000");
        assertThat(body(replay("orders", null, "0"), 400, Problem.class).detail())
                .startsWith("limit '0'");
        assertThat(body(start("orders", null, "maybe", null, null, null, null, null), 400, Problem.class)
                        .detail())
                .startsWith("dryRun 'maybe'");
        assertThat(body(start("orders", null, null, null, "1h", "2h", null, null), 400, Problem.class)
                        .detail())
                .startsWith("deadLetteredSince '1h'");
        assertThat(body(start("orders", null, null, null, "yesterday", null, null, null), 400, Problem.class)
                        .detail())
                .isEqualTo("deadLetteredSince 'yesterday' is not an instant such as 2026-03-01T12:00:00Z,"
                        + " or a duration such as 90s, 10m, 2h or 7d until now");
        this.service.refusal = new IllegalArgumentException("a dead-letter topic");
        assertThat(body(replay("orders.dlq", null, null), 400, Problem.class).detail())
                .startsWith("topic 'orders.dlq'");
        this.service.refusal = new IllegalStateException("replayed already");
        assertThat(body(replay("orders", null, null), 409, Problem.class).detail())
                .isEqualTo("replayed already");
        assertThat(body(
                                this.endpoint.start(
                                        "rows", "orders", null, null, null, null, null, null, null, null, null, null,
                                        null),
                                404,
                                Problem.class)
                        .detail())
                .contains("rows", "replays");
        assertThat(this.service.replays).isEmpty();
    }

    @Test
    void whenReplaysAreLookedAtThenTheyAreListedShownAndCancelled() {
        replay("orders", null, null);
        StubRetryService.StubReplay replay = this.service.replays.get(0);
        String id = replay.id().toString();
        assertThat(body(page("replays", null, null), 200, Jobs.class).jobs())
                .extracting(Job::id)
                .containsExactly(replay.id());
        assertThat(body(this.endpoint.one("replays", id, null, null, null), 200, Job.class)
                        .left())
                .isEqualTo(6);
        assertThat(body(this.endpoint.delete("replays", id), 200, Job.class).state())
                .isEqualTo("CANCELLED");
        assertThat(body(this.endpoint.delete("replays", id), 409, Problem.class).detail())
                .contains("CANCELLED");
        String unknown = UUID.randomUUID().toString();
        assertThat(body(this.endpoint.one("replays", unknown, null, null, null), 404, Problem.class)
                        .detail())
                .contains(unknown);
        assertThat(body(this.endpoint.delete("replays", "7"), 400, Problem.class)
                        .detail())
                .startsWith("id '7'");
    }

    @Test
    void whenThePublisherIsNotOursThenNothingIsExplained() {
        KafkaEventsEndpoint bare = new KafkaEventsEndpoint(
                this.publisher, only(null), only(null), only(null), only(null), only(null), Clock.systemUTC());
        String id = UUID.randomUUID().toString();
        assertThat(body(bare.one("explain", id, null, null, null), 404, Problem.class)
                        .detail())
                .contains("not ours");
    }

    @Test
    void whenNothingIsStoredThenOnlyThePublishersFiguresAreThere() {
        KafkaEventsEndpoint bare = new KafkaEventsEndpoint(
                this.publisher, only(null), only(null), only(null), only(null), only(null), Clock.systemUTC());
        assertThat(bare.stats().retry()).isNull();
        assertThat(bare.stats().retryError()).isNull();
        assertThat(body(bare.one("rows", "7", null, null, null), 404, Problem.class)
                        .detail())
                .isEqualTo("This application stores no events");
    }

    private WebEndpointResponse<Object> explain(String id, String topic, String since) {
        return this.endpoint.one("explain", id, null, topic, since);
    }

    private WebEndpointResponse<Object> replay(String topic, String rowsPerSecond, String limit) {
        return start(topic, null, null, rowsPerSecond, null, null, null, limit);
    }

    private WebEndpointResponse<Object> start(
            String topic,
            String source,
            String dryRun,
            String rowsPerSecond,
            String since,
            String before,
            String key,
            String limit) {
        return this.endpoint.start(
                "replays", topic, source, dryRun, rowsPerSecond, since, before, key, null, null, null, limit, null);
    }

    private WebEndpointResponse<Object> page(String section, String before, String limit) {
        return this.endpoint.page(section, null, null, null, null, null, null, before, limit);
    }

    private static <T> T body(WebEndpointResponse<Object> response, int status, Class<T> type) {
        assertThat(response.getStatus()).isEqualTo(status);
        assertThat(response.getBody()).isInstanceOf(type);
        assertThat(response.getContentType() != null).isEqualTo(type == Problem.class);
        return type.cast(response.getBody());
    }

    private static List<FailedEventView> views(long... ids) {
        return LongStream.of(ids).mapToObj(id -> view(id, EventStatus.PENDING)).toList();
    }

    private static FailedEventView view(long id, EventStatus status) {
        return new FailedEventView(
                id,
                UUID.randomUUID(),
                "orders",
                null,
                "c1",
                "OrderPlaced",
                status,
                FailureKind.OUTAGE,
                0,
                "TimeoutException",
                null,
                Instant.EPOCH,
                Instant.EPOCH,
                null,
                2,
                "{}".getBytes(StandardCharsets.UTF_8),
                "[[\"ce_id\",\"1\"],[\"none\",null],[\"photo\",{\"b64\":\"/wE=\"}]]");
    }

    private static <T> ObjectProvider<T> only(T bean) {
        return new ObjectProvider<>() {

            @Override
            public T getObject() {
                return bean;
            }

            @Override
            public T getIfAvailable() {
                return bean;
            }
        };
    }
}
