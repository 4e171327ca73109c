package io.github.resilientkafka.publisher;

/**
 * What a {@link LaneGate} does with a new event. Which state follows which, and why, is said there.
 */
enum GateState {
    /**
     * Parks it: the database has not said yet whether older events wait in it.
     */
    LOADING,

    /**
     * Sends it.
     */
    DIRECT,

    /**
     * Parks it: what was sent before is not answered yet.
     */
    STOPPING,

    /**
     * Stores it, behind what the database holds.
     */
    STORING,

    /**
     * Parks it, for a moment: the database will soon hold nothing of the lane any more.
     */
    HANDOVER,

    /**
     * Parks it, behind what is just being sent.
     */
    RELEASING
}
