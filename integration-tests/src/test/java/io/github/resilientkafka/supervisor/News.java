package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.lifecycle.ListenerCrashed;
import io.github.resilientkafka.lifecycle.ListenerRestarted;
import io.github.resilientkafka.lifecycle.ResilientKafkaEvent;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.context.event.EventListener;

/**
 * The application events of an application.
 */
final class News {

    private final Queue<ResilientKafkaEvent> events = new ConcurrentLinkedQueue<>();

    @EventListener
    void on(ResilientKafkaEvent event) {
        this.events.add(event);
    }

    <E extends ResilientKafkaEvent> List<E> of(Class<E> type) {
        return this.events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    List<ListenerCrashed> crashesOf(String listener) {
        return of(ListenerCrashed.class).stream()
                .filter(event -> event.listener().equals(listener))
                .toList();
    }

    long restartsOf(String listener) {
        return of(ListenerRestarted.class).stream()
                .filter(event -> event.listener().equals(listener))
                .count();
    }

    List<String> typesFor(String listener) {
        return this.events.stream()
                .filter(event -> event.toString().contains("listener=" + listener + "]")
                        || event.toString().contains("listener=" + listener + ","))
                .map(event -> event.getClass().getSimpleName())
                .toList();
    }
}
