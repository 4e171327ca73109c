package io.github.resilientkafka.listener;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.kafka.config.AbstractKafkaListenerContainerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

/**
 * Lets a native image ask containers and their factories for what the application has given them.
 */
class ListenerRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.reflection()
                .registerType(
                        TypeReference.of(AbstractKafkaListenerContainerFactory.class),
                        type -> type.withField(ContainerVisits.CUSTOMIZER));
        hints.reflection()
                .registerType(
                        TypeReference.of(KafkaMessageListenerContainer.class),
                        type -> type.withField(ExpectedAcks.LISTENER_CONSUMER));
        hints.reflection()
                .registerType(
                        TypeReference.of(KafkaMessageListenerContainer.class.getName() + "$ListenerConsumer"),
                        type -> type.withField(ExpectedAcks.CONSUMER)
                                .withField(ExpectedAcks.OFFSETS)
                                .withField(ExpectedAcks.DEFERRED));
        hints.reflection()
                .registerType(TypeReference.of(AbstractMessageListenerContainer.class), type -> type.withField(
                                ConsumerSettings.CONSUMER_FACTORY)
                        .withMethod(ContainerInterceptors.OF_RECORDS, List.of(), ExecutableMode.INVOKE)
                        .withMethod(ContainerInterceptors.OF_BATCHES, List.of(), ExecutableMode.INVOKE));
    }
}
