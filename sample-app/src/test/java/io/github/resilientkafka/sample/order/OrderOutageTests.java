package io.github.resilientkafka.sample.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.WithLocalKafka;
import io.github.resilientkafka.testing.WithLocalPostgres;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/**
 * The broker goes away in a test of the application's own: the example of docs/testing.md.
 */
@SpringBootTest
@WithLocalKafka
@WithLocalPostgres
class OrderOutageTests {

    @Autowired
    private LocalKafka kafka;

    @Autowired
    private EventPublisher publisher;

    @Autowired
    private OrderService orders;

    @Test
    void anOrderPlacedWhileTheBrokerIsDownIsConfirmedOnceItIsBack() {
        this.kafka.kill();
        Order order = this.orders.create("c1", "book", 1);
        PublishResult result =
                this.publisher.publish(OrderPlaced.TOPIC, "c1", order.toEvent()).join();
        assertThat(result.outcome()).isEqualTo(Outcome.STORED);

        this.kafka.start();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(this.orders.find(order.getId()).map(Order::getStatus))
                        .isEqualTo(Optional.of(OrderStatus.CONFIRMED)));
    }
}
