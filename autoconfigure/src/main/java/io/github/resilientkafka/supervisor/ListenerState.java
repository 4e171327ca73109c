package io.github.resilientkafka.supervisor;

/**
 * What a listener does.
 */
public enum ListenerState {

    /**
     * Was never started: it does not start with the application.
     */
    NOT_STARTED,

    /**
     * Is running, and has not joined its group yet.
     */
    STARTING,

    /**
     * Has joined its group.
     */
    RUNNING,

    /**
     * Was stopped; a handler is still busy.
     */
    STOPPING,

    /**
     * Was stopped by the application, or with it. Nobody but the application starts it again.
     */
    STOPPED,

    /**
     * Was stopped by an operator, until it is resumed.
     */
    SUSPENDED,

    /**
     * Has stopped by itself, in whole or in part, and will be started again.
     */
    RESTARTING,

    /**
     * Has stopped by itself, and will not be started again: errors of the JVM itself ended it too often, or restarts are
     * switched off.
     */
    GAVE_UP
}
