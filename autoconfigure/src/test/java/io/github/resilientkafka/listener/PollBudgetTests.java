package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class PollBudgetTests {

    private final Consumer<?, ?> consumer = new MockConsumer<>(OffsetResetStrategy.NONE);

    @Test
    @DisplayName("N8: handlers that use up what Kafka allows between polls are warned about once, with the cures")
    void slow(CapturedOutput output) {
        PollBudget budget = new PollBudget("orders", Duration.ZERO);
        budget.polls(this.consumer);
        assertThat(output).doesNotContain("Listener orders");
        budget.polls(this.consumer);
        budget.polls(this.consumer);
        assertThat(output.getOut().lines().filter(line -> line.contains("Listener orders")))
                .singleElement()
                .asString()
                .contains("max.poll.interval.ms", "spring.kafka.consumer.max-poll-records");
    }

    @Test
    @DisplayName(
            "N8: nothing is said of a listener that is fast enough, nor of the time before a thread's next consumer")
    void fastEnough(CapturedOutput output) {
        PollBudget enough = new PollBudget("orders", Duration.ofMinutes(5));
        enough.polls(this.consumer);
        enough.polls(this.consumer);
        PollBudget none = new PollBudget("orders", Duration.ZERO);
        none.polls(this.consumer);
        none.polls(new MockConsumer<>(OffsetResetStrategy.NONE));
        assertThat(output).doesNotContain("Listener orders");
    }
}
