package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.kafka.config.AbstractKafkaListenerContainerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

class ListenerRuntimeHintsTests {

    @Test
    @DisplayName("a native image can read what an application has given its containers and their factories")
    void reflection() throws ReflectiveOperationException {
        RuntimeHints hints = new RuntimeHints();
        new ListenerRuntimeHints().registerHints(hints, null);
        assertThat(hints)
                .matches(reflectionOnField(AbstractKafkaListenerContainerFactory.class, "containerCustomizer"))
                .matches(reflectionOnField(AbstractMessageListenerContainer.class, "consumerFactory"))
                .matches(reflectionOnField(KafkaMessageListenerContainer.class, "listenerConsumer"))
                .matches(reflectionOnField(listenerConsumer(), "consumer"))
                .matches(reflectionOnField(listenerConsumer(), "offsetsInThisBatch"))
                .matches(reflectionOnField(listenerConsumer(), "deferredOffsets"))
                .matches(reflectionOnMethod("getRecordInterceptor"))
                .matches(reflectionOnMethod("getBatchInterceptor"));
        assertThat(ContainerInterceptors.known()).isTrue();
        assertThat(ExpectedAcks.known()).isTrue();
    }

    private static Class<?> listenerConsumer() throws ReflectiveOperationException {
        return KafkaMessageListenerContainer.class
                .getDeclaredField("listenerConsumer")
                .getType();
    }

    private static Predicate<RuntimeHints> reflectionOnField(Class<?> type, String field)
            throws ReflectiveOperationException {
        return RuntimeHintsPredicates.reflection().onField(type.getDeclaredField(field));
    }

    private static Predicate<RuntimeHints> reflectionOnMethod(String method) throws ReflectiveOperationException {
        return RuntimeHintsPredicates.reflection()
                .onMethod(AbstractMessageListenerContainer.class.getDeclaredMethod(method))
                .invoke();
    }
}
