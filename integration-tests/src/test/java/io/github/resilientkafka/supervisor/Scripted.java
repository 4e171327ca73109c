package io.github.resilientkafka.supervisor;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a test's listener does: follows the test's script, and remembers what it has handled.
 */
final class Scripted {

    private final Queue<String> given = new ConcurrentLinkedQueue<>();

    private final Queue<String> handled = new ConcurrentLinkedQueue<>();

    private volatile Consumer<String> script = value -> {};

    /** What it throws is thrown by the listener. */
    void script(Consumer<String> script) {
        this.script = script;
    }

    void handle(ConsumerRecord<?, String> record) {
        this.given.add(record.value());
        this.script.accept(record.value());
        this.handled.add(record.value());
    }

    List<String> given() {
        return List.copyOf(this.given);
    }

    List<String> handled() {
        return List.copyOf(this.handled);
    }
}
