package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ListenerContainers;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * The listeners under supervision, by their containers. Thread-safe.
 */
final class KnownListeners {

    private final ListenerContainers containers;

    private final Registries registries;

    private final Map<AbstractMessageListenerContainer<?, ?>, SupervisedListener> listeners = new ConcurrentHashMap<>();

    private final AssignorNote assignorNote = new AssignorNote();

    KnownListeners(ListenerContainers containers, Registries registries) {
        this.containers = containers;
        this.registries = registries;
    }

    /**
     * Returns the listener of a container, or null if it is not looked after.
     */
    @Nullable
    SupervisedListener find(AbstractMessageListenerContainer<?, ?> container, Surroundings surroundings) {
        SupervisedListener known = this.listeners.get(container);
        if (known == null) {
            all(surroundings);
            known = this.listeners.get(container);
        }
        return known;
    }

    Optional<SupervisedListener> find(String id, Surroundings surroundings) {
        return all(surroundings).stream()
                .filter(listener -> listener.listener().id().equals(id))
                .findFirst();
    }

    /**
     * Returns all, those that are new among them.
     */
    Collection<SupervisedListener> all(Surroundings surroundings) {
        this.containers
                .all()
                .forEach(listener -> this.listeners.computeIfAbsent(listener.container(), container -> {
                    this.assignorNote.look(listener);
                    return new SupervisedListener(listener, surroundings);
                }));
        return this.listeners.values();
    }

    /**
     * Returns those that are known already.
     */
    Collection<SupervisedListener> known() {
        return this.listeners.values();
    }

    /**
     * Forgets those whose containers were taken out of their registry and have stopped.
     */
    void forgetGone() {
        this.listeners.forEach((container, listener) -> {
            if (listener.isGone(() -> this.registries.haveLost(container))) {
                this.containers.forget(listener.listener());
                this.listeners.remove(container);
            }
        });
    }
}
