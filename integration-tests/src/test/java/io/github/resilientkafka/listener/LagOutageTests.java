package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * What asks for the lag of listeners, while nobody answers.
 */
@Tag("unhurried")
class LagOutageTests {

    private static final int QUESTIONS = 5;

    @Test
    @DisplayName(
            "D6: an outage of the broker gives lines, not megabytes; a client that had no answer for long is replaced")
    void quiet() throws Exception {
        try (LocalKafka kafka = LocalKafka.launch();
                LagClients clients = new LagClients(Duration.ofSeconds(1));
                LagClients patient = new LagClients()) {
            String topic = TestApplication.unique("lag");
            kafka.createTopic(topic, 1);
            TopicPartition partition = new TopicPartition(topic, 0);
            Map<String, Object> settings = kafka.clientConfig();
            assertThat(ask(patient, settings, partition)).containsOnlyKeys(partition);
            assertThat(ask(clients, settings, partition)).containsOnlyKeys(partition);
            Object client = clients.forConsumer(settings);
            Object patientClient = patient.forConsumer(settings);
            kafka.kill();

            List<ILoggingEvent> log = logOf(() -> {
                for (int question = 0; question < QUESTIONS; question++) {
                    assertThatThrownBy(() -> ask(patient, settings, partition))
                            .isInstanceOfAny(ExecutionException.class, TimeoutException.class);
                }
            });
            assertThat(log).as("one or two lines a second").hasSizeLessThan(QUESTIONS * 3);

            assertThat(patient.forConsumer(settings)).isSameAs(patientClient);
            Object successor = clients.forConsumer(settings);
            assertThat(successor).isNotSameAs(client);
            assertThat(clients.forConsumer(settings)).isSameAs(successor);
        }
    }

    private static Map<TopicPartition, Double> ask(
            LagClients clients, Map<String, Object> settings, TopicPartition partition) throws Exception {
        return new LagQuestion(clients.forConsumer(settings), settings, "nobody", Set.of(partition))
                .await(System.nanoTime() + Duration.ofSeconds(1).toNanos());
    }

    private static List<ILoggingEvent> logOf(Runnable task) {
        Logger logger = (Logger) LoggerFactory.getLogger("org.apache.kafka.clients");
        Level level = logger.getLevel();
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.addAppender(appender);
        logger.setLevel(Level.INFO);
        try {
            task.run();
        } finally {
            logger.setLevel(level);
            logger.detachAppender(appender);
        }
        return new ArrayList<>(appender.list)
                .stream()
                        .filter(event -> event.getFormattedMessage().contains("resilient-kafka-lag"))
                        .toList();
    }
}
