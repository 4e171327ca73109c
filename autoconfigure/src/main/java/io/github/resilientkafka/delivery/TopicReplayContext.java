package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RawPublisher;
import java.time.Clock;

/**
 * What replays of dead-letter topics work with.
 *
 * @param properties how often a record is replayed, and where progress is kept
 * @param consumers makes their consumers
 * @param publisher sends
 * @param circuit tells whether sending makes sense
 * @param probe asks whether Kafka is there
 * @param deadLetters names of topics
 * @param observer is told what was done
 * @param clock tells the time
 */
record TopicReplayContext(
        DlqReplayProperties properties,
        ReplayConsumers consumers,
        RawPublisher publisher,
        PublisherCircuit circuit,
        KafkaProbe probe,
        DeadLetters deadLetters,
        DeliveryObserver observer,
        Clock clock) {

    ReplayRoute route(String topic, ReplayOptions options) {
        return ReplayRoute.of(topic, options, this.deadLetters, this.properties.group());
    }
}
