package io.github.resilientkafka.store;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.domain.Pageable;
import org.springframework.data.domain.Slice;
import org.springframework.data.repository.Repository;

/**
 * Looks at {@code failed_kafka_events} by JPA. A bean of this type is there when the application has Spring Data JPA and
 * its persistence unit is on the event store's {@code DataSource}; inject it, no {@code @EnableJpaRepositories} is needed.
 * <p>
 * It only reads. Rows are written, settled and deleted by the relay, under leases that JPA knows nothing of: to retry or
 * give up an event, use {@code FailedEventRetryService} or the endpoint {@code kafkaevents}.
 * <p>
 * Sees the rows of every application that shares the table ({@link FailedKafkaEvent#getNamespace()}). Rows come with
 * their payload, so ask for pages of tens, not thousands. Counts look at every row that matches; over millions use
 * {@code FailedEventRetryService.getRetryStats()}, which takes milliseconds. Safe for use by several threads; takes part
 * in the caller's transaction, and needs none.
 */
public interface FailedKafkaEventRepository extends Repository<FailedKafkaEvent, Long> {

    /**
     * Finds a row by its number.
     * @param id the row's id
     * @return the row, or empty
     */
    Optional<FailedKafkaEvent> findById(Long id);

    /**
     * Finds what became of an event.
     * @param eventId the event's id, the header {@code ce_id}
     * @return its rows: none when it never had to be stored or was purged, rarely more than one
     */
    List<FailedKafkaEvent> findByEventId(UUID eventId);

    /**
     * Finds rows by status.
     * @param status where they stand
     * @param page which of them, and their order, for example {@code PageRequest.of(0, 50, Sort.by("id"))}
     * @return one page, which knows whether there is another
     */
    Slice<FailedKafkaEvent> findByStatus(EventStatus status, Pageable page);

    /**
     * Finds a topic's rows by status.
     * @param status where they stand
     * @param topic the exact topic
     * @param page which of them, and their order
     * @return one page, which knows whether there is another
     */
    Slice<FailedKafkaEvent> findByStatusAndTopic(EventStatus status, String topic, Pageable page);

    /**
     * Finds a key's rows in one topic.
     * @param topic the exact topic
     * @param keyText the key as readable text
     * @param page which of them, and their order
     * @return one page, which knows whether there is another
     */
    Slice<FailedKafkaEvent> findByTopicAndKeyText(String topic, String keyText, Pageable page);

    /**
     * Counts rows by status.
     * @param status where they stand
     * @return how many
     */
    long countByStatus(EventStatus status);

    /**
     * Counts a topic's rows by status.
     * @param status where they stand
     * @param topic the exact topic
     * @return how many
     */
    long countByStatusAndTopic(EventStatus status, String topic);
}
