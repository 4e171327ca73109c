package io.github.resilientkafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.testcontainers.containers.PostgreSQLContainer;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.kafka.KafkaContainer;

/**
 * The walk through an outage with containers and service connections, as users with Docker test their applications.
 * Skipped, and reported as skipped, where there is no Docker; the same walk without it is in {@code BrokerOutageTests}.
 */
@Testcontainers(disabledWithoutDocker = true)
@SpringBootTest(
        classes = {TestApplication.Minimal.class, ContainersOutageTests.Topics.class},
        properties = {"spring.application.name=containers", "spring.flyway.enabled=false"},
        webEnvironment = SpringBootTest.WebEnvironment.NONE)
class ContainersOutageTests {

    /**
     * The topic is there before the first event.
     */
    @Configuration(proxyBeanMethods = false)
    static class Topics {

        @Bean
        NewTopic orders() {
            return new NewTopic("orders", 1, (short) 1);
        }
    }

    @Container
    @ServiceConnection
    static final KafkaContainer kafka = new KafkaContainer("apache/kafka:3.9.1");

    @Container
    @ServiceConnection
    static final PostgreSQLContainer<?> postgres = new PostgreSQLContainer<>("postgres:17-alpine");

    @Autowired
    private EventPublisher publisher;

    @Autowired
    private JdbcTemplate jdbc;

    @Test
    @DisplayName("W1: sent, broker paused: stored, broker back: delivered")
    void outage() throws Exception {
        assertThat(publish()).isEqualTo(Outcome.SENT);
        kafka.getDockerClient().pauseContainerCmd(kafka.getContainerId()).exec();
        try {
            assertThat(publish()).isEqualTo(Outcome.STORED);
        } finally {
            kafka.getDockerClient().unpauseContainerCmd(kafka.getContainerId()).exec();
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> this.jdbc.queryForObject(
                                "select count(*) from failed_kafka_events where status = 'PENDING'", Long.class),
                        count -> count == 0);
        Awaitility.await().until(() -> publish() == Outcome.SENT);
    }

    private Outcome publish() throws Exception {
        return this.publisher
                .publish("orders", "k", "v")
                .get(60, TimeUnit.SECONDS)
                .outcome();
    }
}
