package io.github.resilientkafka.supervisor;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

/**
 * Lets a native image find what dead consumers have left behind.
 */
class SupervisorRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.reflection().registerType(TypeReference.of(KafkaMessageListenerContainer.class), type -> type.withField(
                        Leftovers.LISTENER_CONSUMER)
                .withField(Leftovers.FUTURE));
        hints.reflection()
                .registerType(
                        TypeReference.of(KafkaMessageListenerContainer.class.getName() + "$ListenerConsumer"),
                        type -> type.withField(Leftovers.CONSUMER)
                                .withField(Leftovers.SCHEDULER)
                                .withField(Leftovers.MONITOR));
    }
}
