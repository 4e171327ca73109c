package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;

import io.github.resilientkafka.publisher.DeadLetters.Presence;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * When the reader of retry topics starts.
 */
@ExtendWith(OutputCaptureExtension.class)
class RetryContainerTests {

    private final ListenerThreads threads = new ListenerThreads();

    private final AbstractMessageListenerContainer<?, ?> main = mock();

    private final AbstractMessageListenerContainer<?, ?> reader = mock();

    private final Map<String, Presence> topics = new ConcurrentHashMap<>();

    @AfterEach
    void close() {
        this.threads.close();
    }

    @Test
    @DisplayName(
            "N5: topics of which Kafka does not tell are not called missing; those that are, are; it starts when all are there")
    void unknown(CapturedOutput output) {
        given(this.main.isRunning()).willReturn(true);
        given(this.main.getListenerId()).willReturn("o");
        given(this.reader.getListenerId()).willReturn("o.retry");
        this.topics.putAll(Map.of("away", Presence.UNKNOWN, "gone", Presence.MISSING, "here", Presence.PRESENT));
        Runnable atStart = mock();
        new RetryContainer(
                        this.main,
                        this.reader,
                        List.of("here", "away", "gone"),
                        this.topics::get,
                        atStart,
                        this.threads)
                .follow();
        await("told").until(() -> output.toString().contains("the retry topics of [gone] are missing"));
        verify(this.reader, never()).start();
        this.topics.replaceAll((topic, presence) -> Presence.PRESENT);
        verify(this.reader, timeout(10_000)).start();
        verify(atStart).run();
        assertThat(output).containsOnlyOnce("are missing");
    }
}
