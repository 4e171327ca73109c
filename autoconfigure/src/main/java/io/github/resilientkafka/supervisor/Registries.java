package io.github.resilientkafka.supervisor;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Who starts and stops the containers of {@code @KafkaListener} methods. A registry that was stopped wants them all to be,
 * also those that had stopped by themselves before.
 */
final class Registries {

    private final Supplier<Stream<KafkaListenerEndpointRegistry>> registries;

    private final Map<KafkaListenerEndpointRegistry, Boolean> seenRunning =
            Collections.synchronizedMap(new WeakHashMap<>());

    private final Set<MessageListenerContainer> seenInside =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    Registries(Supplier<Stream<KafkaListenerEndpointRegistry>> registries) {
        this.registries = registries;
    }

    void look() {
        this.registries.get().forEach(registry -> {
            this.seenInside.addAll(registry.getListenerContainers());
            if (registry.isRunning()) {
                this.seenRunning.put(registry, true);
            }
        });
    }

    /**
     * Returns whether a container was taken out of its registry: nobody will start it again.
     */
    boolean haveLost(AbstractMessageListenerContainer<?, ?> container) {
        return this.seenInside.contains(container)
                && this.registries.get().noneMatch(registry -> hasContainer(registry, container));
    }

    boolean want(AbstractMessageListenerContainer<?, ?> container) {
        return !haveLost(container)
                && this.registries
                        .get()
                        .filter(registry -> hasContainer(registry, container))
                        .allMatch(registry -> registry.isRunning() || !this.seenRunning.containsKey(registry));
    }

    private static boolean hasContainer(KafkaListenerEndpointRegistry registry, MessageListenerContainer container) {
        String id = container.getListenerId();
        return id != null && registry.getListenerContainer(id) == container;
    }
}
