package io.github.resilientkafka.supervisor;

import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.kafka.event.ConsumerStartingEvent;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.event.KafkaEvent;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * Throws, once, where the container does not expect it, which ends the consumer thread without a word.
 */
final class Traps implements RecordInterceptor<Object, Object> {

    private final AtomicReference<String> starting = new AtomicReference<>();

    private final AtomicReference<String> stopped = new AtomicReference<>();

    private final AtomicReference<String> looping = new AtomicReference<>();

    private final ThreadLocal<String> last = new ThreadLocal<>();

    void atStart(String listener) {
        this.starting.set(listener);
    }

    void atStop(String listener) {
        this.stopped.set(listener);
    }

    /** In the loop of the consumer that is given this record. */
    void afterRecord(String value) {
        this.looping.set(value);
    }

    @EventListener
    void starting(ConsumerStartingEvent event) {
        spring(this.starting, idOf(event));
    }

    @EventListener
    void stopped(ConsumerStoppedEvent event) {
        spring(this.stopped, idOf(event));
    }

    private static String idOf(KafkaEvent event) {
        return event.getContainer(AbstractMessageListenerContainer.class).getListenerId();
    }

    private static void spring(AtomicReference<String> trap, @Nullable String value) {
        String armed = trap.get();
        if (armed != null && armed.equals(value) && trap.compareAndSet(armed, null)) {
            throw new IllegalStateException("trap");
        }
    }

    @Override
    public ConsumerRecord<Object, Object> intercept(
            ConsumerRecord<Object, Object> record, Consumer<Object, Object> consumer) {
        this.last.set(String.valueOf(record.value()));
        return record;
    }

    @Override
    public void clearThreadState(Consumer<?, ?> consumer) {
        spring(this.looping, this.last.get());
    }
}
