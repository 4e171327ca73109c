package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.listener.ListenerObserver;
import java.time.Clock;
import java.time.Duration;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * What a supervised listener needs to know of the world.
 */
interface Surroundings {

    SupervisorProperties properties();

    Clock clock();

    EventNotifier notifier();

    ListenerObserver observer();

    Backoff backoff();

    /**
     * Returns whether the application is stopping: nothing is started any more.
     */
    boolean closing();

    /**
     * Returns whether whoever starts and stops this container wants it to run: the registry was not stopped.
     */
    boolean wanted(AbstractMessageListenerContainer<?, ?> container);

    /**
     * Looks at a listener after a while.
     */
    void lookAfter(SupervisedListener listener, Duration delay);

    /**
     * Has something done that may take a while, by another thread.
     */
    void aside(Runnable task);

    /**
     * A listener was given up, or one that was is started again.
     */
    void givenUpOrNot();
}
