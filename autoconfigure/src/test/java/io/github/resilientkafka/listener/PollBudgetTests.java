package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class PollBudgetTests {

    private static void poll(PollBudget budget) {
        budget.begins();
        budget.ends();
    }

    @Test
    @DisplayName("N8: handlers that use up what Kafka allows between polls are warned about once, with the cures")
    void slow(CapturedOutput output) {
        PollBudget budget = new PollBudget("orders", Map.of("max.poll.interval.ms", "0"));
        poll(budget);
        poll(budget);
        assertThat(output.getOut().lines().filter(line -> line.contains("Listener orders")))
                .singleElement()
                .asString()
                .contains("max.poll.interval.ms", "spring.kafka.consumer.max-poll-records");
    }

    @Test
    @DisplayName("N8: nothing is said of a listener that is fast enough, nor of the time between its polls")
    void fastEnough(CapturedOutput output) {
        poll(new PollBudget("orders", Map.of()));
        new PollBudget("orders", Map.of("max.poll.interval.ms", 0)).ends();
        assertThat(output).doesNotContain("Listener orders");
    }
}
