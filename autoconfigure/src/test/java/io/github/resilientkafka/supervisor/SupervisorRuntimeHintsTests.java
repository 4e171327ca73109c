package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

class SupervisorRuntimeHintsTests {

    @Test
    @DisplayName("g: a native image can find what dead consumers leave, where this version of spring-kafka keeps it")
    void reflection() throws ReflectiveOperationException {
        RuntimeHints hints = new RuntimeHints();
        new SupervisorRuntimeHints().registerHints(hints, null);
        Class<?> consumer = KafkaMessageListenerContainer.class
                .getDeclaredField("listenerConsumer")
                .getType();
        assertThat(hints)
                .matches(reflectionOnField(KafkaMessageListenerContainer.class, "listenerConsumer"))
                .matches(reflectionOnField(KafkaMessageListenerContainer.class, "listenerConsumerFuture"))
                .matches(reflectionOnField(consumer, "consumer"))
                .matches(reflectionOnField(consumer, "taskScheduler"))
                .matches(reflectionOnField(consumer, "monitorTask"));
    }

    private static Predicate<RuntimeHints> reflectionOnField(Class<?> type, String field)
            throws ReflectiveOperationException {
        return RuntimeHintsPredicates.reflection().onField(type.getDeclaredField(field));
    }
}
