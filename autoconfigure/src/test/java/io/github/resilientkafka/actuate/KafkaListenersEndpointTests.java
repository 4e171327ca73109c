package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.StubSupervisor.listener;
import static io.github.resilientkafka.actuate.StubSupervisor.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import io.github.resilientkafka.actuate.EventAnswers.Problem;
import io.github.resilientkafka.actuate.ListenerAnswers.Listener;
import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * The endpoint kafkalisteners.
 */
class KafkaListenersEndpointTests {

    private final StubSupervisor supervisor = new StubSupervisor();

    private final ListenerContainers containers = mock(ListenerContainers.class);

    private final AbstractMessageListenerContainer<?, ?> container = mock(AbstractMessageListenerContainer.class);

    private final KafkaListenersEndpoint endpoint = new KafkaListenersEndpoint(this.supervisor, this.containers);

    @BeforeEach
    @SuppressWarnings({"unchecked", "rawtypes"})
    void prepare() {
        ResilientListener listener = mock(ResilientListener.class);
        given(listener.container()).willReturn((AbstractMessageListenerContainer) this.container);
        given(this.containers.find("a")).willReturn(Optional.of(listener));
        this.supervisor.with(
                listener("a", ListenerState.RUNNING, partition(1, PartitionState.HELD, Duration.ofSeconds(1))));
    }

    private static Problem problem(WebEndpointResponse<Object> answer, int status) {
        assertThat(answer.getStatus()).isEqualTo(status);
        return (Problem) answer.getBody();
    }

    @Test
    void allAndOne() {
        assertThat(this.endpoint.all().listeners()).singleElement().satisfies(shown -> {
            assertThat(shown.id()).isEqualTo("a");
            assertThat(shown.state()).isEqualTo(ListenerState.RUNNING);
            assertThat(shown.partitions()).singleElement().satisfies(partition -> assertThat(partition.state())
                    .isEqualTo("HELD"));
        });
        assertThat(this.endpoint.one("a").getBody())
                .isEqualTo(this.endpoint.all().listeners().get(0));
    }

    @Test
    void whenThereIsNoSuchListenerOrActionThenNotFoundSaysWhatThereIs() {
        assertThat(problem(this.endpoint.one("x"), 404).detail()).contains("'x'");
        assertThat(problem(this.endpoint.act("x", "pause"), 404).detail()).contains("'x'");
        assertThat(problem(this.endpoint.act("a", "explode"), 404).detail())
                .contains("'explode'", "pause, resume, suspend, restart");
        assertThat(this.supervisor.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"suspend", "restart"})
    void suspendAndRestart(String action) {
        assertThat(this.endpoint.act("a", action).getBody()).isInstanceOf(Listener.class);
        assertThat(this.supervisor.calls).containsExactly(action + " a");
    }

    @Test
    void pauseAndResumeAreTheContainersOwn() {
        assertThat(this.endpoint.act("a", "pause").getStatus()).isEqualTo(200);
        verify(this.container).pause();
        ListenerStatus running = this.supervisor.listeners.get(0);
        this.supervisor.with(new ListenerStatus(
                "a",
                "group",
                List.of("orders"),
                running.state(),
                true,
                false,
                true,
                true,
                List.of(),
                1,
                0,
                0,
                null,
                null,
                null,
                null));
        assertThat(this.endpoint.act("a", "resume").getStatus()).isEqualTo(200);
        verify(this.container).resume();
        assertThat(this.supervisor.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUSPENDED", "GAVE_UP"})
    void whenItWasSuspendedOrGivenUpThenResumeStartsIt(ListenerState state) {
        this.supervisor.with(listener("a", state));
        assertThat(this.endpoint.act("a", "resume").getStatus()).isEqualTo(200);
        assertThat(this.supervisor.calls).containsExactly("resume a");
    }

    @Test
    void whatTheApplicationHasStoppedIsNeitherPausedNorResumed() {
        this.supervisor.with(listener("a", ListenerState.STOPPED));
        assertThat(problem(this.endpoint.act("a", "pause"), 409).detail()).contains("STOPPED");
        assertThat(problem(this.endpoint.act("a", "resume"), 409).detail()).contains("restart");
        assertThat(this.supervisor.calls).isEmpty();
    }
}
