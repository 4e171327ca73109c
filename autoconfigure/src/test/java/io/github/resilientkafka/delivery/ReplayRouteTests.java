package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.publisher.DeadLetters;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * From where to where replays lead, where their progress is kept, and what may be asked for.
 */
class ReplayRouteTests {

    private static final ReplayOptions OPTIONS = ReplayOptions.fromTopic();

    private final DeadLetters deadLetters = mock(DeadLetters.class);

    @BeforeEach
    void names() {
        given(this.deadLetters.topicFor("orders")).willReturn("orders.dlq");
        given(this.deadLetters.isDeadLetterTopic("orders.dlq")).willReturn(true);
        given(this.deadLetters.parkedTopicFor("orders")).willReturn("orders.parked");
    }

    @Test
    @DisplayName("H7: records go to the topic they were meant for, or else to that of the job, never to dead letters")
    void ownTopic() {
        ReplayRoute route = route(OPTIONS);

        assertThat(route.source()).isEqualTo("orders.dlq");
        assertThat(target(route, "orders.retry")).isEqualTo("orders.retry");
        assertThat(target(route, null)).isEqualTo("orders");
        assertThat(target(route, "orders.dlq")).isEqualTo("orders");
    }

    @Test
    @DisplayName("H7: of a shared dead-letter topic a job takes the records of its topic only")
    void sharedTopic() {
        given(this.deadLetters.topicFor("orders")).willReturn("dead");
        given(this.deadLetters.isShared()).willReturn(true);
        ReplayRoute route = route(OPTIONS);

        assertThat(route.source()).isEqualTo("dead");
        assertThat(target(route, "orders")).isEqualTo("orders");
        assertThat(target(route, "payments")).isNull();
        assertThat(target(route, null)).isNull();
        assertThat(route.group()).isEqualTo("replay.dead:orders");
        ReplayRoute parked = route(OPTIONS.withSource(ReplaySource.PARKED));
        assertThat(parked.source()).isEqualTo("orders.parked");
        assertThat(parked.group()).isEqualTo("replay.orders.parked");
    }

    @Test
    @DisplayName("H7: each filter has progress of its own, the same whenever it is asked for again")
    void groups() {
        ReplayRoute all = route(OPTIONS.withRowsPerSecond(7).withLimit(9));
        assertThat(all.group()).isEqualTo("replay.orders.dlq");
        assertThat(all.ownGroup()).isEqualTo(all.group());
        assertThat(all.isFiltered()).isFalse();

        List<String> groups = List.of(
                filtered(ReplayFilter.ALL.withKey("a")),
                filtered(ReplayFilter.ALL.withKey("")),
                filtered(ReplayFilter.ALL.withGroup("a")),
                filtered(ReplayFilter.ALL.withReason("a")),
                filtered(ReplayFilter.ALL.withError("a")),
                filtered(ReplayFilter.ALL.withError("a").withKey("a")),
                filtered(ReplayFilter.ALL.withDeadLettered(Instant.EPOCH, null)),
                filtered(ReplayFilter.ALL.withDeadLettered(null, Instant.EPOCH)));
        assertThat(groups).doesNotHaveDuplicates().allMatch(group -> group.startsWith("replay.orders.dlq:"));
        assertThat(filtered(ReplayFilter.ALL.withGroup("a"))).isEqualTo(groups.get(2));
    }

    @Test
    @DisplayName("H7: what makes no sense is refused, and named")
    void refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReplayOptions.defaults().withFilter(ReplayFilter.ALL.withGroup("a")))
                .withMessageContaining("TOPIC");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReplayOptions.defaults().startingFromBeginning());
        assertThatIllegalArgumentException().isThrownBy(() -> OPTIONS.withRowsPerSecond(100_001));
        assertThatIllegalArgumentException().isThrownBy(() -> OPTIONS.withDeadLettered(Instant.EPOCH, Instant.EPOCH));
        assertThat(new DlqReplayProperties(null, List.of(), 3, "g").schedule()).isNull();
        assertThat(new DlqReplayProperties("-", List.of(), 3, "g").schedule()).isNull();
        assertThat(new DlqReplayProperties("0 0 * * * *", List.of(), 3, "g").schedule())
                .isNotNull();
        assertRefused("cron", () -> new DlqReplayProperties("every hour", List.of(), 3, "g"));
        assertRefused("max-failures", () -> new DlqReplayProperties(null, List.of(), 0, "g"));
        assertRefused("group", () -> new DlqReplayProperties(null, List.of(), 3, " "));
    }

    private static void assertRefused(String property, ThrowingCallable call) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(call)
                .satisfies(ex -> assertThat(ex.property()).isEqualTo("resilient-kafka.dlq.replay." + property));
    }

    private ReplayRoute route(ReplayOptions options) {
        return ReplayRoute.of("orders", options, this.deadLetters, "replay");
    }

    private String filtered(ReplayFilter filter) {
        return route(OPTIONS.withFilter(filter)).ownGroup();
    }

    private String target(ReplayRoute route, String originalTopic) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("orders.dlq", 0, 0, null, null);
        if (originalTopic != null) {
            record.headers().add("rk_original_topic", originalTopic.getBytes(StandardCharsets.UTF_8));
        }
        return route.targetOf(new TopicDeadLetter(record), this.deadLetters);
    }
}
