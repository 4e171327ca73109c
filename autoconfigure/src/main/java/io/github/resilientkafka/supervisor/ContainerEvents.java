package io.github.resilientkafka.supervisor;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.kafka.event.ConcurrentContainerStoppedEvent;
import org.springframework.kafka.event.ConsumerFailedToStartEvent;
import org.springframework.kafka.event.ConsumerStartedEvent;
import org.springframework.kafka.event.ConsumerStartingEvent;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.event.KafkaEvent;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Hears what containers say, first of all: a listener that throws keeps the event from the others, and ends the consumer
 * thread.
 */
final class ContainerEvents implements SmartApplicationListener {

    private final ObjectProvider<ContainerSupervisor> supervisor;

    ContainerEvents(ObjectProvider<ContainerSupervisor> supervisor) {
        this.supervisor = supervisor;
    }

    @Override
    public boolean supportsEventType(Class<? extends ApplicationEvent> type) {
        return KafkaEvent.class.isAssignableFrom(type) || ContextClosedEvent.class.isAssignableFrom(type);
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        if (event instanceof ContextClosedEvent closed) {
            this.supervisor.ifAvailable(supervisor -> supervisor.closing(closed.getApplicationContext()));
        } else if (event instanceof KafkaEvent kafkaEvent && concerns(kafkaEvent)) {
            SupervisedListener listener = find(kafkaEvent);
            if (listener != null) {
                tell(listener, kafkaEvent);
            }
        }
    }

    private @Nullable SupervisedListener find(KafkaEvent event) {
        // Not asked for by its type: spring-kafka refuses that for containers of another one, such as those of share
        // consumers.
        if (!(event.getContainer(Object.class) instanceof AbstractMessageListenerContainer<?, ?> container)) {
            return null;
        }
        ContainerSupervisor ours = this.supervisor.getIfAvailable();
        return (ours == null) ? null : ours.find(container);
    }

    private static boolean concerns(KafkaEvent event) {
        return event instanceof ConsumerStartingEvent
                || event instanceof ConsumerStartedEvent
                || event instanceof ConsumerStoppedEvent
                || event instanceof ConsumerFailedToStartEvent
                || event instanceof ConcurrentContainerStoppedEvent;
    }

    private static void tell(SupervisedListener listener, KafkaEvent event) {
        if (event instanceof ConsumerStartingEvent) {
            listener.consumerStarting(event.getSource());
        } else if (event instanceof ConsumerStartedEvent) {
            listener.consumers().started(event.getSource());
        } else if (event instanceof ConsumerStoppedEvent stopped) {
            listener.consumerStopped(event.getSource(), stopped.getReason());
        } else if (event instanceof ConsumerFailedToStartEvent) {
            listener.consumerFailedToStart(event.getSource());
        } else {
            listener.containerStopped();
        }
    }
}
