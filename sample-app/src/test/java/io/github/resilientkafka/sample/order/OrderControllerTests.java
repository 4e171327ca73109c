package io.github.resilientkafka.sample.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.asyncDispatch;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.request;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import io.github.resilientkafka.testing.PublishFailure;
import io.github.resilientkafka.testing.RecordingEventPublisher;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.WebMvcTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.http.MediaType;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.transaction.CannotCreateTransactionException;

/**
 * What a client learns when its event could not be made durable.
 */
@WebMvcTest(OrderController.class)
class OrderControllerTests {

    private static final UUID ORDER_ID = UUID.randomUUID();

    private static final String ORDER = "{\"customerId\":\"c1\",\"item\":\"book\",\"amount\":1}";

    @Autowired
    private MockMvc mvc;

    @MockitoBean
    private OrderService orders;

    @Autowired
    private RecordingEventPublisher publisher;

    @TestConfiguration
    static class Recording {

        @Bean
        RecordingEventPublisher eventPublisher() {
            return new RecordingEventPublisher();
        }
    }

    @BeforeEach
    void anOrder() {
        this.publisher.reset();
        Order order = mock(Order.class);
        given(order.getId()).willReturn(ORDER_ID);
        given(order.toEvent()).willReturn(new OrderPlaced(ORDER_ID, "c1", "book", 1));
        given(this.orders.create(anyString(), anyString(), anyInt())).willReturn(order);
    }

    @Test
    void whenAnOrderIsPlacedThenItsEventIsPublishedUnderTheCustomer() throws Exception {
        this.publisher.kafkaAway();
        place().andExpect(status().isAccepted())
                .andExpect(jsonPath("$.outcome").value("STORED"))
                .andExpect(jsonPath("$.orderId").value(ORDER_ID.toString()));
        assertThat(this.publisher.published()).singleElement().satisfies(published -> {
            assertThat(published.topic()).isEqualTo(OrderPlaced.TOPIC);
            assertThat(published.key()).isEqualTo("c1");
            assertThat(published.event()).isEqualTo(new OrderPlaced(ORDER_ID, "c1", "book", 1));
        });
    }

    @Test
    void whenNeitherKafkaNorTheDatabaseTookTheEventThenItMayStillArrive() throws Exception {
        this.publisher.failNext(1, PublishFailure.NOT_STORED);
        placeInVain()
                .andExpect(jsonPath("$.mayStillArrive").value(true))
                .andExpect(jsonPath("$.eventId").isNotEmpty())
                .andExpect(jsonPath("$.detail").value(endsWith("it may still arrive.")));
    }

    @Test
    void whenTheQueueWasFullThenTheEventWillNotArrive() throws Exception {
        this.publisher.failNext(1, PublishFailure.QUEUE_FULL);
        placeInVain()
                .andExpect(jsonPath("$.mayStillArrive").value(false))
                .andExpect(jsonPath("$.detail").value(endsWith("it will not arrive.")))
                .andExpect(content().string(not(containsString("eventId"))));
    }

    @Test
    void whenTheApplicationIsShuttingDownThenTheEventWillNotArrive() throws Exception {
        this.publisher.failNext(1, PublishFailure.CLOSED);
        placeInVain().andExpect(jsonPath("$.mayStillArrive").value(false));
    }

    @Test
    void whenTheDatabaseIsAwayThenNothingIsPublished() throws Exception {
        given(this.orders.create(anyString(), anyString(), anyInt()))
                .willThrow(new CannotCreateTransactionException("no connection"));
        this.mvc
                .perform(post("/orders").contentType(MediaType.APPLICATION_JSON).content(ORDER))
                .andExpect(status().isServiceUnavailable())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON));
        assertThat(this.publisher.published()).isEmpty();
    }

    private ResultActions place() throws Exception {
        MvcResult started = this.mvc
                .perform(post("/orders").contentType(MediaType.APPLICATION_JSON).content(ORDER))
                .andExpect(request().asyncStarted())
                .andReturn();
        return this.mvc.perform(asyncDispatch(started));
    }

    private ResultActions placeInVain() throws Exception {
        return place().andExpect(status().isServiceUnavailable())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.orderId").value(ORDER_ID.toString()));
    }
}
