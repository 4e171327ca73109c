package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Starts a dead consumer of a running container again; its siblings go on. Used by one thread at a time.
 */
final class Replacement {

    private static final Logger logger = LoggerFactory.getLogger(Replacement.class);

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final ConsumerThreads consumers;

    Replacement(ResilientListener listener, ConsumerThreads consumers) {
        this.listener = listener;
        this.container = listener.container();
        this.consumers = consumers;
    }

    /**
     * Frees what it had, which others may be given.
     */
    void putDown(AbstractMessageListenerContainer<?, ?> part) {
        ConsumerThread consumer = this.consumers.remove(part);
        if (part.isRunning()) {
            Containers.quietly(() -> part.stop(() -> {}));
        }
        if (consumer == null) {
            close(Leftovers.ofUnused(part));
        } else if (consumer.reason() == null) {
            close(consumer);
            if (consumer.counted()) {
                Containers.quietly(() -> this.container.childStopped(part, Reason.ERROR));
            }
        }
        forgetPartitions(part, (consumer == null) ? null : consumer.thread());
    }

    private void forgetPartitions(AbstractMessageListenerContainer<?, ?> part, @Nullable Thread thread) {
        Collection<TopicPartition> lost = part.getAssignedPartitions();
        if (!this.consumers.anyLeft()) {
            this.listener.reset();
        } else if (lost != null) {
            this.listener.lost(List.copyOf(lost), thread);
        }
    }

    void start(AbstractMessageListenerContainer<?, ?> part) {
        logger.info("A consumer of listener {} is started again", this.listener.id());
        Leftovers before = Leftovers.ofUnused(part);
        try {
            part.start();
        } catch (RuntimeException | Error ex) {
            if (part.isRunning()) {
                Containers.quietly(() -> part.stop(() -> {}));
            }
            Leftovers made = Leftovers.ofUnused(part);
            if (!Objects.equals(before, made)) {
                close(made);
            }
            throw ex;
        }
        if (part != this.container && !this.container.isRunning()) {
            Containers.quietly(part::stop);
        }
    }

    /**
     * Frees what a consumer has left behind whose thread has ended without a word.
     */
    void close(ConsumerThread consumer) {
        Thread thread = consumer.thread();
        Leftovers left = consumer.leftovers();
        if (left != null) {
            left.close(this.listener.id(), (thread == null) ? null : this.listener.consumerOf(thread));
        }
    }

    private void close(@Nullable Leftovers left) {
        if (left != null) {
            left.close(this.listener.id(), null);
        }
    }
}
