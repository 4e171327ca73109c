package io.github.resilientkafka.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.guest.customer.Customer;
import io.github.resilientkafka.guest.customer.CustomerRepository;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedKafkaEvent;
import io.github.resilientkafka.store.FailedKafkaEventRepository;
import org.springframework.data.domain.PageRequest;

/**
 * What every application of these tests does: its own business, and an event that is stored since Kafka is away.
 */
final class Guests {

    private Guests() {}

    /**
     * Publishes an event, which has to be stored.
     */
    static void storeEvent(TestApplication application, String topic) throws Exception {
        var result = TestApplication.get(application.publisher().publish(topic, "key", "value"));
        assertThat(result.outcome()).isEqualTo(Outcome.STORED);
    }

    /**
     * Uses the application's own entity and repository.
     */
    static void useOwnEntity(TestApplication application) {
        CustomerRepository customers = application.context().getBean(CustomerRepository.class);
        customers.deleteAll();
        customers.save(new Customer("Ann"));
        assertThat(customers.count()).isEqualTo(1);
    }

    /**
     * Finds the only event of a topic by our entity and repository.
     */
    static void findStoredEvent(TestApplication application, String topic) {
        FailedKafkaEventRepository events = application.context().getBean(FailedKafkaEventRepository.class);
        assertThat(events.findByStatusAndTopic(EventStatus.PENDING, topic, PageRequest.of(0, 10)))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getPayload()).asString().isEqualTo("value");
                    assertThat(event.getKeyText()).isEqualTo("key");
                    assertThat(events.findByEventId(event.getEventId()))
                            .extracting(FailedKafkaEvent::getId)
                            .containsExactly(event.getId());
                });
    }
}
