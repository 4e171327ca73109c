package io.github.resilientkafka.listener;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicPartition;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * A container that only remembers what it was asked to pause and resume.
 */
final class RecordedContainer {

    final Set<TopicPartition> paused = ConcurrentHashMap.newKeySet();

    final List<TopicPartition> resumed = new CopyOnWriteArrayList<>();

    /** Called when somebody asks for a pause, before it is one. */
    volatile Runnable beforePause = () -> {};

    MessageListenerContainer container() {
        return (MessageListenerContainer) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {MessageListenerContainer.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "pausePartition" -> {
                        this.beforePause.run();
                        this.paused.add((TopicPartition) arguments[0]);
                        yield null;
                    }
                    case "resumePartition" -> {
                        this.paused.remove((TopicPartition) arguments[0]);
                        this.resumed.add((TopicPartition) arguments[0]);
                        yield null;
                    }
                    case "getContainerFor" -> proxy;
                    case "isPartitionPaused", "isPartitionPauseRequested" ->
                        this.paused.contains((TopicPartition) arguments[0]);
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
