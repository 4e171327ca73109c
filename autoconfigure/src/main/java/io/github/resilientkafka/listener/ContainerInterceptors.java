package io.github.resilientkafka.listener;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchInterceptor;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.util.ReflectionUtils;

/**
 * The interceptors that an application has given a container: before spring-kafka 4 they cannot be asked for without
 * reflection.
 */
final class ContainerInterceptors {

    static final String OF_RECORDS = "getRecordInterceptor";

    static final String OF_BATCHES = "getBatchInterceptor";

    private ContainerInterceptors() {}

    /**
     * Returns whether they can be asked for. Ours must not replace them unseen, and without ours nobody resumes partitions.
     */
    static boolean known() {
        return getter(OF_RECORDS) != null && getter(OF_BATCHES) != null;
    }

    @SuppressWarnings("unchecked")
    static <K, V> @Nullable RecordInterceptor<K, V> ofRecords(AbstractMessageListenerContainer<K, V> container) {
        return (RecordInterceptor<K, V>) ask(container, OF_RECORDS);
    }

    @SuppressWarnings("unchecked")
    static <K, V> @Nullable BatchInterceptor<K, V> ofBatches(AbstractMessageListenerContainer<K, V> container) {
        return (BatchInterceptor<K, V>) ask(container, OF_BATCHES);
    }

    private static @Nullable Object ask(AbstractMessageListenerContainer<?, ?> container, String name) {
        Method getter = getter(name);
        if (getter == null) {
            throw new IllegalStateException("This version of spring-kafka is not known to us: it has no " + name);
        }
        ReflectionUtils.makeAccessible(getter);
        return ReflectionUtils.invokeMethod(getter, container);
    }

    private static @Nullable Method getter(String name) {
        return ReflectionUtils.findMethod(AbstractMessageListenerContainer.class, name);
    }
}
