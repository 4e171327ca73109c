package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

/**
 * The examples of docs/testing.md that are not in the sample application.
 */
@DisplayName("W11: the examples of docs/testing.md")
class TestingGuideTests {

    record OrderPlaced(String customer, int amount) {}

    record OrderService(EventPublisher publisher) {

        CompletableFuture<PublishResult> place(String customer, int amount) {
            return this.publisher.publish("orders", customer, new OrderPlaced(customer, amount));
        }
    }

    @Nested
    class OrderServiceTests {

        RecordingEventPublisher publisher = new RecordingEventPublisher();
        OrderService service = new OrderService(publisher);

        @Test
        void anOrderIsPublishedUnderItsCustomer() {
            service.place("c1", 3);
            assertThat(publisher.published("orders"))
                    .extracting(PublishedEvent::key)
                    .containsExactly("c1");
            assertThat(publisher.eventsOf("orders", OrderPlaced.class)).containsExactly(new OrderPlaced("c1", 3));
        }

        @Test
        void anOrderWhoseEventIsLostFails() {
            publisher.failNext(1, PublishFailure.NOT_STORED);
            assertThatThrownBy(() -> service.place("c1", 3).join()).hasMessageContaining("not known to be durable");
            assertThat(publisher.published()).isEmpty();
        }
    }

    @Nested
    @SpringJUnitConfig(Object.class)
    class SharedServersTests {

        static final LocalKafka kafka = LocalKafka.shared();
        static final LocalPostgres postgres = LocalPostgres.shared();

        @DynamicPropertySource
        static void servers(DynamicPropertyRegistry registry) {
            String url = postgres.createDatabase("orders");
            registry.add("spring.kafka.bootstrap-servers", kafka::bootstrapServers);
            registry.add("spring.datasource.url", () -> url);
            registry.add("spring.datasource.username", postgres::username);
            registry.add("spring.datasource.password", postgres::password);
        }

        @Test
        void theApplicationHasThem(@Autowired Environment environment) {
            assertThat(environment.getProperty("spring.kafka.bootstrap-servers"))
                    .isEqualTo(kafka.bootstrapServers());
            assertThat(environment.getProperty("spring.datasource.url")).endsWith("/orders");
        }
    }
}
