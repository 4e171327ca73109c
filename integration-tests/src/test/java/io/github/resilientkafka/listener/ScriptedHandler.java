package io.github.resilientkafka.listener;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a test's listener does: remembers each record it was given, then follows the test's script.
 */
final class ScriptedHandler {

    private final Queue<ConsumerRecord<?, String>> deliveries = new ConcurrentLinkedQueue<>();

    private final Queue<ConsumerRecord<?, String>> handled = new ConcurrentLinkedQueue<>();

    private final Map<String, Integer> attempts = new ConcurrentHashMap<>();

    private volatile Consumer<ConsumerRecord<?, String>> script = record -> {};

    /** Sets what happens to each record; what it throws is thrown by the listener. */
    void script(Consumer<ConsumerRecord<?, String>> script) {
        this.script = script;
    }

    void handle(ConsumerRecord<?, String> record) {
        this.deliveries.add(record);
        this.attempts.merge(String.valueOf(record.value()), 1, Integer::sum);
        this.script.accept(record);
        this.handled.add(record);
    }

    int attempts(String value) {
        return this.attempts.getOrDefault(value, 0);
    }

    List<String> handled() {
        return this.handled.stream().map(ConsumerRecord::value).toList();
    }

    /** Of those whose values begin so. */
    List<String> handled(String prefix) {
        return handled().stream().filter(value -> value.startsWith(prefix)).toList();
    }

    /** How often records were given to it whose values begin so. */
    long delivered(String prefix) {
        return this.deliveries.stream()
                .filter(record -> String.valueOf(record.value()).startsWith(prefix))
                .count();
    }

    int deliveries() {
        return this.deliveries.size();
    }
}
