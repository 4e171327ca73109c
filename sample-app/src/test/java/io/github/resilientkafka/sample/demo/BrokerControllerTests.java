package io.github.resilientkafka.sample.demo;

import static org.hamcrest.Matchers.containsString;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.WebMvcTest;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.MockMvc;

/**
 * The broker's switch where the broker is not the sample's own.
 */
@WebMvcTest(BrokerController.class)
class BrokerControllerTests {

    @Autowired
    private MockMvc mvc;

    @ParameterizedTest
    @ValueSource(strings = {"stop", "kill", "freeze", "start"})
    void whenTheBrokerIsExternalThenItIsLeftAlone(String action) throws Exception {
        this.mvc
                .perform(post("/demo/broker/" + action))
                .andExpect(status().isConflict())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.detail").value(containsString("spring.kafka.bootstrap-servers")));
    }

    @Test
    void whenTheBrokerIsExternalThenItsStateIsNotKnown() throws Exception {
        this.mvc.perform(get("/demo/broker")).andExpect(status().isConflict());
    }
}
