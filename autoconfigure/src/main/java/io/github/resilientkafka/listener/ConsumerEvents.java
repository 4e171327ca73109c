package io.github.resilientkafka.listener;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.kafka.event.ConsumerStartedEvent;
import org.springframework.kafka.event.ConsumerStartingEvent;
import org.springframework.kafka.event.ConsumerStoppingEvent;
import org.springframework.kafka.event.KafkaEvent;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Hears from consumers, on their threads, which of them runs where, and what they have where no group tells it.
 */
final class ConsumerEvents implements SmartApplicationListener {

    private final ObjectProvider<ListenerContainers> containers;

    ConsumerEvents(ObjectProvider<ListenerContainers> containers) {
        this.containers = containers;
    }

    @Override
    public boolean supportsEventType(Class<? extends ApplicationEvent> type) {
        return ConsumerStartingEvent.class.isAssignableFrom(type)
                || ConsumerStartedEvent.class.isAssignableFrom(type)
                || ConsumerStoppingEvent.class.isAssignableFrom(type);
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        // Not asked for by its type: spring-kafka refuses that for containers of another one, such as those of share
        // consumers.
        if (event instanceof KafkaEvent kafkaEvent
                && kafkaEvent.getContainer(Object.class) instanceof AbstractMessageListenerContainer<?, ?> container) {
            ListenerContainers listeners = this.containers.getIfAvailable();
            ResilientListener listener = (listeners == null) ? null : listeners.of(container);
            if (listener != null) {
                tell(listener, kafkaEvent);
            }
        }
    }

    private static void tell(ResilientListener listener, KafkaEvent event) {
        if (event instanceof ConsumerStoppingEvent stopping) {
            listener.ends(stopping.getConsumer(), stopping.getPartitions());
        } else {
            MessageListenerContainer part = (MessageListenerContainer) event.getSource();
            if (event instanceof ConsumerStartingEvent) {
                listener.begin(part);
            } else {
                listener.begun(part);
            }
        }
    }
}
